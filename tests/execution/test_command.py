"""The command line: output, status and exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from workers import REACHED

from real.execution.__main__ import main


def test_doctor_names_every_level_it_tried(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    tried = {line.split()[0]: line.split()[1].rstrip(":") for line in lines}
    assert {level for level in ("strong", "medium", "weak") if tried[level] == "yes"} == set(REACHED)
    assert tried["level"] == REACHED[0]
    assert code == (0 if REACHED[0] != "weak" else 4)


def test_run_prints_output_and_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "program.py"
    program.write_text("print(input('Name: '), input())")
    assert main(["run", str(program), "--stdin", "a\\nb\\n", "--level", REACHED[0]]) == 0
    shown = capsys.readouterr()
    assert shown.out == "a b\n"
    assert "ended well" in shown.err
    assert f"isolation {REACHED[0]}" in shown.err


def test_run_says_what_went_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('x')\n1 / 0\n")
    assert main(["run", str(program)]) == 1
    assert "line 2: ZeroDivisionError" in capsys.readouterr().err
    assert main(["run", str(tmp_path / "absent.py")]) == 3
    assert "cannot read the program" in capsys.readouterr().err
