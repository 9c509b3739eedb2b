"""``python -m real.typecheck``: exit codes, text, JSON and JSON lines."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from real.typecheck import VERSION, Checker, jsonl
from real.typecheck import __main__ as cli

WRONG = "def f(x):\n    return x\n"
CLEAN = "def f(x: int) -> int:\n    return x\n"


@pytest.fixture(autouse=True)
def warm(monkeypatch: pytest.MonkeyPatch, checker: Checker) -> None:
    """Commands without a preamble use the session's checker and leave it open."""

    class Shared:
        def __init__(self, workers: int, preamble: str) -> None:
            assert preamble == ""

        def __enter__(self) -> Checker:
            return checker

        def __exit__(self, *error: object) -> None:
            return None

    monkeypatch.setattr(cli, "Checker", Shared)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("clean.py").write_text(CLEAN)
    Path("wrong.py").write_text(WRONG)
    Path("broken.py").write_text("def f(:\n")
    Path("latin.py").write_bytes(b"x = '\xe9'\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["clean.py"], 0),
        (["clean.py", "wrong.py"], 1),
        (["broken.py"], 1),
        (["latin.py"], 1),
        (["clean.py", "missing.py"], 2),
        (["--workers", "0", "clean.py"], 2),
        ([], 2),
        (["--jsonl", "clean.py"], 2),
        (["--preamble", "missing.py", "clean.py"], 2),
    ],
)
def test_exit_codes(files: Path, arguments: list[str], code: int) -> None:
    assert cli.main(arguments) == code


def test_text_output(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("wrong.py").write_text("def f():\n    return\n")
    cli.main(["clean.py", "wrong.py", "broken.py", "missing.py", "latin.py"])
    assert (
        capsys.readouterr().out
        == """\
wrong.py:1:1: Function is missing a return type annotation  [mypy:no-untyped-def]
    note: Use "-> None" if function does not return a value
broken.py: unanalyzable: syntax error in line 1: invalid syntax
missing.py: error: cannot be read: No such file or directory
latin.py: unanalyzable: not valid UTF-8: byte 5
5 programs: 1 clean, 1 with findings (1), 2 unanalyzable, 1 not checked because of an error
"""
    )


def test_json_output(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--format", "json", "wrong.py", "broken.py"]) == 1
    found: Any = json.loads(capsys.readouterr().out)
    assert found["version"] == VERSION
    wrong, broken = found["programs"]
    assert (wrong["path"], wrong["status"], wrong["reason"]) == ("wrong.py", "findings", "")
    message = "Function is missing a type annotation"
    assert wrong["findings"] == [{"rule": "mypy:no-untyped-def", "line": 1, "column": 1, "message": message}]
    assert (broken["status"], broken["findings"]) == ("unanalyzable", [])


def test_folders_stand_for_the_files_below(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "deep").mkdir()
    (files / "deep" / "more.py").write_text(WRONG)
    cli.main(["deep"])
    assert capsys.readouterr().out.startswith("deep/more.py:1:1: ")
    (files / "empty").mkdir()
    assert cli.main(["empty"]) == 2
    assert "no Python files below empty" in capsys.readouterr().err


def test_errors_of_usage_are_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main([])
    assert capsys.readouterr().err == "error: give either paths (- for standard input) or --jsonl\n  See --help.\n"


def test_jsonl_answers_every_line_in_order(checker: Checker) -> None:
    lines = [
        json.dumps({"id": "a", "code": WRONG}),
        "not json",
        json.dumps({"id": 2, "code": CLEAN}),
        json.dumps({"id": 3}),
        "",
        json.dumps(["a list"]),
        json.dumps({"id": None, "code": "def f(:\n"}),
        json.dumps({"code": WRONG, "other": 1}),
    ]
    out = io.StringIO()
    code = jsonl.serve(checker, [line.encode() + b"\n" for line in lines] + [b"\xff\n"], out)
    answers: list[Any] = [json.loads(line) for line in out.getvalue().splitlines()]
    assert code == 2
    assert [(a["id"], a["status"]) for a in answers] == [
        ("a", "findings"),
        (None, "error"),
        (2, "clean"),
        (3, "error"),
        (None, "error"),
        (None, "unanalyzable"),
        (None, "findings"),
        (None, "error"),
    ]
    message = "Function is missing a type annotation"
    assert answers[0]["findings"] == [{"rule": "mypy:no-untyped-def", "line": 1, "message": message}]
    assert "reason" not in answers[0]
    assert answers[1]["reason"].startswith("line 2 is not JSON")
    assert answers[3]["reason"] == 'line 4: "code" is missing or not a string'


@pytest.mark.parametrize(("code", "expected"), [(CLEAN, 0), (WRONG, 1), ("x = (", 1)])
def test_jsonl_exit_codes(checker: Checker, code: str, expected: int) -> None:
    line = json.dumps({"id": 1, "code": code}).encode()
    assert jsonl.serve(checker, [line], io.StringIO()) == expected


def test_jsonl_crosses_batches(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "BATCH", 3)
    out = io.StringIO()
    jsonl.serve(checker, [json.dumps({"id": n, "code": f"x = {n}\n"}).encode() for n in range(10)], out)
    assert [json.loads(line)["id"] for line in out.getvalue().splitlines()] == list(range(10))


def test_standard_input_is_a_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))
    assert cli.main(["-"]) == 1
    assert capsys.readouterr().out.startswith("<stdin>:1:1: Function is missing a type annotation")


def test_the_whole_command_refuses_a_preamble_with_findings(files: Path) -> None:
    command = [sys.executable, "-m", "real.typecheck", "--preamble", "wrong.py", "clean.py"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    message = "error: the preamble of the type checker does not pass by itself: Function is missing a type annotation\n"
    assert (run.returncode, run.stdout, run.stderr) == (2, "", message)
