"""``# real: ignore[CWE-89] reason``: for people only, with a reason, and told when it is of no use."""

import io
import json
import sys
from pathlib import Path

import pytest

from real.detector import scan
from real.linter.command import main

BAD = "import sqlite3\nname = input()\nsqlite3.connect('a').execute('SELECT ' + name)"
WAIVED = BAD + "  # real: ignore[CWE-89] names come from our own menu\n"


def run(tmp_path: Path, text: str, *arguments: str) -> int:
    (tmp_path / "x.py").write_text(text)
    return main([*arguments, str(tmp_path / "x.py")])


def test_programs_that_are_scored_cannot_suppress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scan(WAIVED).findings
    line = json.dumps({"id": 1, "code": WAIVED})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line.encode())))
    assert main(["--jsonl"]) == 0
    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    assert (answer["status"], [finding["cwe"] for finding in answer["findings"]]) == ("findings", ["CWE-89"])
    assert captured.err == ""


def test_what_is_suppressed_is_counted_and_stays_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, WAIVED) == 0
    assert capsys.readouterr() == ("1 file: 1 clean; 1 suppressed by a comment\n", "")
    assert run(tmp_path, WAIVED, "--format", "json") == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["status"], entry["findings"]) == ("clean", [])
    assert entry["suppressed"][0]["reason"] == "names come from our own menu"


@pytest.mark.parametrize(
    ("comment", "note"),
    [
        ("# real: ignore[CWE-89]", ":3: note: this ignore gives no reason and has no effect; write # real: ignore[CWE"),
        ("# real: ignore[CWE-89]  # noqa", ":3: note: this ignore gives no reason"),
        ("# real: ignore", ":3: note: this ignore names no rule"),
        ("# real: ignore[] all of it", ":3: note: this ignore names no rule"),
        ("# real: ignore[CWE-98] typo", ":3: note: this ignore names the unknown rule CWE-98. Did you mean CWE-9"),
        ("# real: ignore[CWE-564] child", ":3: note: this ignore names the unknown rule CWE-564. Did you mean CWE-89?"),
        ("# real: ignore[CWE-79] other", ":3: note: unused ignore: no finding of CWE-79 on line 3"),
    ],
)
def test_comments_without_effect_are_told(
    tmp_path: Path, comment: str, note: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, f"{BAD}  {comment}\n") == 1
    captured = capsys.readouterr()
    assert note in captured.err
    assert "suppressed" not in captured.out


@pytest.mark.parametrize(
    "text",
    [
        f"{BAD}  # noqa: S608  # real: ignore[CWE-89] reviewed\n",
        f"{BAD}  #real:ignore[ cwe-89 ]reviewed\n",
        BAD.replace("sqlite3.connect", "# real: ignore[CWE-89] a reason that\n# takes two lines\n\nsqlite3.connect"),
        BAD.replace("sqlite3.connect", "if name:\n    # real: ignore[CWE-89] indented\n    sqlite3.connect"),
        BAD.replace("execute('", "execute(  # real: ignore[CWE-89] on the first line of the call\n    '"),
        "\ufeff" + BAD.replace("name = ", "\x0cname = ") + "  # real: ignore[CWE-89] after a form feed\n",
    ],
)
def test_places_and_spellings_of_comments(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, text) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "text",
    [
        BAD.replace("\nsqlite3", "\n# real: ignore[CWE-89] too early\nprint()\nsqlite3"),
        BAD + "\n# real: ignore[CWE-89] too late\n",
        BAD.replace("'SELECT '", "'# real: ignore[CWE-89] in a text'"),
        '"""\n# real: ignore[CWE-89] in a docstring\n"""; ' + BAD.replace("\n", "; "),
    ],
)
def test_a_comment_elsewhere_suppresses_nothing(tmp_path: Path, text: str) -> None:
    assert run(tmp_path, text) == 1


def test_one_comment_may_be_used_in_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, f"{BAD}  # real: ignore[CWE-79, CWE-89] reviewed\n") == 0
    note = f"real-detect: {tmp_path / 'x.py'}:3: note: unused ignore: no finding of CWE-79 on line 3\n"
    assert capsys.readouterr().err == note


def test_rules_that_did_not_run_are_not_called_unused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, WAIVED, "--ignore", "CWE-89") == 0
    assert run(tmp_path, WAIVED + "x = (\n") == 0
    assert "unused" not in capsys.readouterr().err
