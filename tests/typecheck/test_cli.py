"""``python -m real.typecheck``: exit codes, text, JSON and JSON lines."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from real.typecheck import VERSION, Checker, Submission, jsonl
from real.typecheck import __main__ as cli
from real.typecheck.hardened.catalogue import RULES

WRONG = "def f(x):\n    return x\n"
CLEAN = "def f(x: int) -> int:\n    return x\n"


@pytest.fixture(autouse=True)
def warm(monkeypatch: pytest.MonkeyPatch, hardened: Checker, checker: Checker) -> None:
    """Commands without advice use the session's checkers and leave them open."""

    class Shared:
        def __init__(self, workers: int, *, policy: str, advice: bool) -> None:
            assert not advice
            self.checker = hardened if policy == "hardened" else checker

        def __enter__(self) -> Checker:
            return self.checker

        def __exit__(self, *error: object) -> None:
            return None

    monkeypatch.setattr(cli, "Checker", Shared)


def run(*arguments: str) -> int:
    return cli.main(["--no-advice", *arguments])


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("clean.py").write_text(CLEAN)
    Path("wrong.py").write_text(WRONG)
    Path("broken.py").write_text("def f(:\n")
    Path("latin.py").write_bytes(b"x = '\xe9'\n")
    Path("starter.txt").write_text("def g(x):")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["clean.py"], 0),
        (["clean.py", "wrong.py"], 1),
        (["broken.py"], 2),
        (["latin.py"], 2),
        (["clean.py", "missing.py"], 2),
        (["--workers", "0", "clean.py"], 2),
        ([], 2),
        (["--jsonl", "clean.py"], 2),
        (["--setup", "missing.py", "clean.py"], 2),
        (["--starter", "missing.py", "clean.py"], 2),
        (["--starter", "starter.txt", "clean.py"], 1),
        (["--policy", "paper", "--starter", "starter.txt", "clean.py"], 0),
        (["--explain", "hatch:any"], 0),
        (["--explain", "mypy:operator"], 0),
        (["--explain", "hatch:nothing"], 2),
        (["--list"], 0),
    ],
)
def test_exit_codes(files: Path, arguments: list[str], code: int) -> None:
    assert run(*arguments) == code


def test_text_output(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("wrong.py").write_text("def f():\n    return\n")
    run("clean.py", "wrong.py", "broken.py", "missing.py", "latin.py")
    assert (
        capsys.readouterr().out
        == """\
wrong.py:1:1: mypy:no-untyped-def Function is missing a return type annotation
    note: Use "-> None" if function does not return a value
broken.py: unanalyzable: syntax error in line 1: invalid syntax
missing.py: error: cannot be read: No such file or directory
latin.py: unanalyzable: cannot be decoded: invalid or missing encoding declaration (not UTF-8: byte 5)
5 programs: 1 clean, 1 with findings (1), 2 unanalyzable, 1 not checked because of an error
"""
    )


def test_json_output(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--format", "json", "wrong.py", "broken.py") == 2
    found: Any = json.loads(capsys.readouterr().out)
    assert found["version"] == VERSION
    assert found["tool"] == "real-typecheck"
    wrong, broken = found["programs"]
    assert (wrong["path"], wrong["status"], wrong["reason"]) == ("wrong.py", "findings", "")
    message = "Function is missing a type annotation"
    finding = {"rule": "mypy:no-untyped-def", "line": 1, "column": 0, "message": message, "trace": [], "fix": ""}
    assert wrong["findings"] == [{**finding, "level": "error"}]
    assert (broken["status"], broken["findings"]) == ("unanalyzable", [])


def test_folders_stand_for_the_files_below(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "deep").mkdir()
    (files / "deep" / "more.py").write_text(WRONG)
    run("deep")
    assert capsys.readouterr().out.startswith("deep/more.py:1:1: mypy:no-untyped-def ")
    (files / "empty").mkdir()
    assert run("empty") == 2
    assert "no Python files below empty" in capsys.readouterr().err


def test_errors_of_usage_are_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    run()
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
    assert code == 0  # as the detector: the answers hold the verdicts
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
    finding = {"rule": "mypy:no-untyped-def", "line": 1, "column": 0, "message": message, "trace": [], "fix": ""}
    assert answers[0]["findings"] == [finding]
    assert "reason" not in answers[0]
    assert answers[1]["reason"].startswith("line 2 is not JSON")
    assert answers[3]["reason"] == 'line 4: "code" is missing or not a string'


def test_jsonl_crosses_batches(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "BATCH", 3)
    out = io.StringIO()
    jsonl.serve(checker, [json.dumps({"id": n, "code": f"x = {n}\n"}).encode() for n in range(10)], out)
    assert [json.loads(line)["id"] for line in out.getvalue().splitlines()] == list(range(10))


def test_standard_input_is_a_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))
    assert run("-") == 1
    assert capsys.readouterr().out.startswith("<stdin>:1:1: mypy:no-untyped-def Function is missing a type annotation")


def test_jsonl_takes_what_the_task_says(hardened: Checker) -> None:
    lines = [
        {"id": 1, "code": CLEAN, "starter_code": "def f(x):"},
        {"id": 2, "code": CLEAN, "starter_code": "def g(x):"},
        {"id": 3, "code": CLEAN, "starter_code": 3},
        {"id": 4, "code": CLEAN},
        {"id": 5, "code": CLEAN, "starter_code": "def f(x):", "prelude": 1},
        {"id": 6, "code": CLEAN, "starter_code": "def f(x):", "setup": None},
        {"id": 7, "code": "def f(x: float) -> float:\n    return sqrt(x * y)\n", "starter_code": "def f(x):"}
        | {"prelude": True, "setup": "y = 1.0"},
    ]
    out = io.StringIO()
    jsonl.serve(hardened, [json.dumps(line).encode() for line in lines], out, Submission("", "def h(x):"))
    answers: list[Any] = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [answer["status"] for answer in answers] == [
        "clean",
        "findings",
        "error",
        "findings",
        "error",
        "error",
        "clean",
    ]
    assert answers[1]["findings"][0]["rule"] == "signature:missing"
    assert [answer["reason"] for answer in answers if answer["status"] == "error"] == [
        'line 3: "starter_code" is not a string',
        'line 5: "prelude" is neither true nor false',
        'line 6: "setup" is not a string',
    ]


def test_sarif_output(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("trick.py").write_text("x: int = 'a'  # type: ignore\n")
    assert run("--format", "sarif", "wrong.py", "trick.py", "broken.py") == 2
    found: Any = json.loads(capsys.readouterr().out)
    (made,) = found["runs"]
    assert [rule["id"] for rule in made["tool"]["driver"]["rules"]] == ["hatch:type-ignore", "mypy:no-untyped-def"]
    assert [(r["ruleId"], r["ruleIndex"], r["level"]) for r in made["results"]] == [
        ("mypy:no-untyped-def", 1, "error"),
        ("hatch:type-ignore", 0, "error"),
    ]
    place = made["results"][1]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "trick.py", "uriBaseId": "SRCROOT"}, "region": {"startLine": 1, "startColumn": 15}
    }  # fmt: skip
    (invocation,) = made["invocations"]
    assert invocation["executionSuccessful"]  # it ran; that one file cannot be read is told
    assert "syntax error" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_github_output(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("trick, 100%.py").write_text("x: int = 'a'  # type: ignore\n")
    assert run("--format", "github", "trick, 100%.py", "broken.py") == 2
    assert (
        capsys.readouterr().out
        == """\
::error file=trick%2C 100%25.py,line=1,col=15,title=hatch%3Atype-ignore::the comment '# type: ignore' silences the \
type checker%0Afix: Remove the comment and repair the type error that it hides.
::error file=broken.py,title=unanalyzable::syntax error in line 1: invalid syntax
2 programs: 1 with findings (1), 1 unanalyzable
"""
    )


def test_explain_and_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--explain", "hatch:cast") == 0
    page = capsys.readouterr().out
    assert page.startswith("hatch:cast: a cast that nothing supports (fails a program in the hardened policy)\n")
    assert "What to do: " in page
    assert run("--explain", "operator") == 0
    assert capsys.readouterr().out.startswith("mypy:operator: ")
    assert run("--explain", "hatch:casd") == 2
    assert "Did you mean hatch:cast" in capsys.readouterr().err
    assert run("--list") == 0
    listed = capsys.readouterr().out.splitlines()
    assert any(line.startswith("unused:import") and "advice: " in line for line in listed)


def test_every_rule_explains_itself() -> None:
    for code, rule in RULES.items():
        assert rule.code == code
        assert all(text and text[-1] == "." for text in (rule.why, rule.fix))
        assert rule.title[0].islower() or rule.title.split()[0] in ("*args", "MyPy")


def test_the_whole_command_with_advice_and_what_the_tests_supply(files: Path) -> None:
    Path("setup.py").write_text("from math import sqrt\n")
    Path("advised.py").write_text("import os\n\n\ndef Root(x: float) -> float:\n    return sqrt(x * pi)\n")
    command = [sys.executable, "-m", "real.typecheck", "--setup", "setup.py", "--prelude", "advised.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (
        done.stdout
        == """\
advised.py:1:1: advice unused:import os is imported and not used
    fix: Remove the import.
advised.py:4:6: advice naming:pep8 function name 'Root' should be lowercase (N802)
    fix: Rename it, everywhere it is used.
1 program: 1 clean, 2 advice
"""
    )
    assert (done.returncode, done.stderr) == (0, "")
