"""The independent re-check finds what is planted: a recheck that cannot fail would say nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from real.datasets import DatasetCfg, load
from real.datasets.local_jsonl import to_row

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "recheck_safesql_gen.py"


def recheck(folder: Path):
    command = [sys.executable, str(SCRIPT), "--name", str(folder), "--workers", "1", "--sample", "9"]
    done = subprocess.run([*command, "--out", str(folder / "out.json")], capture_output=True, text=True, check=False)
    assert (folder / "out.json").exists(), done.stderr
    return done.returncode, json.loads((folder / "out.json").read_text())["violations"]


def write(folder: Path, rows):
    folder.mkdir()
    for split, part in rows.items():
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part))


@pytest.fixture(scope="module")
def rows():
    return {split: [to_row(task) for task in load(DatasetCfg(name="safesql_gen"), split).tasks[:9]]
            for split in ("train", "test")}  # fmt: skip


def test_a_sound_corpus_has_no_violation(rows, tmp_path):
    write(tmp_path / "sound", {split: part[:2] for split, part in rows.items()})
    code, violations = recheck(tmp_path / "sound")
    assert code == 0, violations
    assert set(violations.values()) == {0}


def test_every_planted_violation_is_found(rows, tmp_path):
    train, test = ([json.loads(json.dumps(row)) for row in part] for part in rows.values())
    train[0]["reference"] = train[0]["unsafe"]  # silent, attacked; and the same program twice
    train[1]["unsafe"] = train[1]["reference"]  # flagged, exploited
    train[2]["cases"][0]["expected"] += "x"  # reference, unsafe
    train[3]["cases"] = train[3]["cases"][:4]  # cases
    train[4] = {**train[5], "task_id": "again"}  # others, near, same
    test[0] = {**train[6], "task_id": "other-split"}  # split
    train[7]["prompt"][0]["content"] = train[7]["prompt"][0]["content"].replace("; Output: ", "; Output: x")  # example
    train[8]["reference"] = train[8]["reference"].replace(".db", "2.db")  # apart
    write(tmp_path / "planted", {"train": train, "test": test})
    code, violations = recheck(tmp_path / "planted")
    assert code == 1
    missed = [rule for rule, count in violations.items() if not count and rule != "loads"]
    assert missed == []
