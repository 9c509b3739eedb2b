"""The adversary finds a hole that is there, tells the fewest moves, resumes, and is believed by the sandbox only."""

import json
from pathlib import Path

import pytest

from real.datasets import load_path
from real.judge import Judge, JudgeCfg
from real.redteam import search as searching
from real.redteam.__main__ import main
from real.redteam.moves import MOVES, moved, moved_by_all
from real.redteam.oracle import confirmed, starts
from real.redteam.search import Variant, search, shortest
from real.rewards import RewardCfg
from real.types import Analysis, AnalysisStatus, Finding

CODE = """import sqlite3


def find(name: str) -> list:
    connection = sqlite3.connect("shop.db")
    return connection.execute("SELECT * FROM items WHERE name = '" + name + "'").fetchall()
"""


def blind_to(text: str):
    """A detector that calls a program clean as soon as it holds ``text``."""

    def scan(code: str) -> Analysis:
        if text in code:
            return Analysis(AnalysisStatus.CLEAN)
        return Analysis(AnalysisStatus.FINDINGS, (Finding("CWE-89", 6, "found"),))

    return scan


def test_every_move_is_known_and_most_fit_somewhere():
    assert len(MOVES) == len(set(MOVES)) > 100
    fitting = [move for move in MOVES if moved(move, CODE) is not None]
    assert len(fitting) > 60
    for move in fitting:
        compile(moved(move, CODE), "moved", "exec")


def test_a_hole_is_found_and_told_with_its_one_move(monkeypatch):
    monkeypatch.setattr(searching, "scan", blind_to("assert "))
    found = search(CODE, 300, "0/here")
    assert found.clean
    for variant in found.clean:
        assert len(variant.moves) == 1
        assert "assert " in variant.code
        assert moved_by_all(variant.moves, CODE) == variant.code


def test_the_same_seed_searches_the_same(monkeypatch):
    monkeypatch.setattr(searching, "scan", blind_to("assert "))
    assert search(CODE, 60, "1/here") == search(CODE, 60, "1/here")


def test_moves_that_an_escape_does_not_need_are_left_out(monkeypatch):
    monkeypatch.setattr(searching, "scan", blind_to("assert "))
    useless = next(m for m in MOVES if (made := moved(m, CODE)) is not None and "assert " not in made)
    needed = next(m for m in MOVES if (made := moved(m, moved(useless, CODE))) is not None and "assert " in made)
    moves = (useless, needed)
    assert shortest(CODE, Variant(moves, moved_by_all(moves, CODE), (0, 0))).moves == (needed,)


@pytest.fixture(scope="module")
def mini():
    return load_path("safesql_mini", "train").tasks[:3]


def test_only_what_still_works_and_is_still_unsafe_is_an_escape(mini):
    with Judge(JudgeCfg(RewardCfg(checks=["security"]))) as judge:
        first, *_ = found = starts(judge, [(task, task.unsafe) for task in mini])
        assert len(found) == 3
        assert starts(judge, [(task, task.reference) for task in mini]) == []
        same, safe, broken, none = (
            first.code + "\n# the same\n",
            first.task.reference,
            "print(1)\n",
            "raise SystemExit\n",
        )
        fenced = f'"""\n```\n"""\n{first.code}'
        assert confirmed(judge, first, [same, safe, broken, none, fenced]) == [True, False, False, False, False]


def test_the_command_resumes_and_counts(tmp_path: Path, capsys, monkeypatch):
    out = tmp_path / "out"
    words = ["--candidates", "250", "--workers", "1", "--out", str(out)]
    assert main([*words, "--minutes", "1e-9"]) == 0
    assert "2 programs are left" in capsys.readouterr().out
    assert main(words) == 0
    records = [json.loads(line) for line in (out / "starts.jsonl").read_text().splitlines()]
    assert len(records) == 2
    assert sum(record["candidates"] for record in records) <= 250
    before = (out / "starts.jsonl").read_bytes()
    assert main(words) == 0
    assert (out / "starts.jsonl").read_bytes() == before
    assert main([*words, "--seed", "5"]) == 2
    assert "holds a search with seed 0" in capsys.readouterr().err


def test_more_escapes_than_allowed_fail(tmp_path: Path, capsys):
    out = tmp_path / "out"
    words = ["--candidates", "100", "--workers", "1", "--out", str(out)]
    assert main(words) == 0
    record = json.loads((out / "starts.jsonl").read_text())
    (out / "starts.jsonl").write_text(json.dumps(record | {"clean": 3, "confirmed": 3}) + "\n")
    assert main(words) == 1
    assert main([*words, "--allowed", "1000"]) == 0


@pytest.mark.parametrize("words", [["--candidates", "0"], ["--minutes", "0"], ["--dataset", "nothing_like_it"]])
def test_wrong_usage(tmp_path: Path, capsys, words):
    assert main([*words, "--out", str(tmp_path / "out")]) in (2, 3)
    assert "error:" in capsys.readouterr().err
