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


@pytest.mark.parametrize("bad", [["--cpu-s", "nan"], ["--cpu-s", "inf"], ["--cpu-s", "-1"], ["--memory-mb", "0"]])
def test_limits_that_no_process_can_have(bad: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "program.py"
    program.write_text("print(1)")
    assert main(["run", str(program), *bad]) == 2
    assert "it must be" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"\xef\xbb\xbfprint(1)", 0, "ended well"),
        (b"print('\0')", 3, "contains a NUL byte"),
        (b"print('\xff')", 3, "cannot read the program"),
        (b"#" * 10_000_000, 1, "compile_error: the program is larger"),
        (b"(" * 20_000, 1, "compile_error"),
    ],
)
def test_bad_files(content: bytes, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "program.py"
    program.write_bytes(content)
    assert main(["run", str(program)]) == code
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_run_says_what_went_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('x')\n1 / 0\n")
    assert main(["run", str(program)]) == 1
    assert "line 2: ZeroDivisionError" in capsys.readouterr().err
    assert main(["run", str(tmp_path / "absent.py")]) == 3
    assert "cannot read the program" in capsys.readouterr().err
