"""One decoder of source text: what Python reads as a program, every room reads as the same program."""

import subprocess
import sys
from pathlib import Path

import pytest

from real import detector
from real.execution import Pool
from real.extract import extract
from real.linter import scanning
from real.source_text import SourceTextError, checked, decode, without_mark
from real.typecheck import Checker
from real.types import AnalysisStatus, ExecutionRequest, OutcomeStatus, ScriptSuite, StdinCase

FILES = {
    "UTF-8": b"x = '\xc3\xa9'\n",
    "byte order mark": b"\xef\xbb\xbfx = '\xc3\xa9'\n",
    "byte order mark and cookie": b"\xef\xbb\xbf# coding: utf-8\nx = '\xc3\xa9'\n",
    "Latin-1": b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
    "Latin-1 in the second line": b"#!/usr/bin/python3\n# vim: set fileencoding=iso-8859-15 :\nx = '\xe9'\n",
    "Windows": b"# coding: cp1252\r\nx = '\xe9'\r\n",
    "UTF-7": b"# coding: utf-7\nx = '+AOk-'\n",
    "old line ends": b"x = '\xc3\xa9'\ry = 2\r",
    "cookie in the third line": b"\n\n# coding: nonsense\nx = '\xc3\xa9'\n",
}
NO_SOURCE = {
    "no cookie": b"x = '\xe9'\n",
    "no cookie, far below": b"\n\n\n\nx = '\xe9'\n",
    "cookie that lies": b"# coding: ascii\nx = '\xe9'\n",
    "unknown encoding": b"# coding: nonsense\nx = 1\n",
    "no text encoding": b"# coding: rot13\nk = 1\n",
    "mark and another encoding": b"\xef\xbb\xbf# coding: latin-1\nx = 1\n",
    "UTF-16": "x = 1\n".encode("utf-16"),
    "NUL byte": b"x = 1\n\0\n",
}


def python_prints(raw: bytes, path: Path) -> str | None:
    """What the interpreter makes of ``x`` in a file, or ``None`` where it refuses the file."""
    path.write_bytes(raw)
    code = f"import runpy; print(ascii(runpy.run_path({str(path)!r})['x']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_python_reads_it(name: str, tmp_path: Path) -> None:
    scope: dict[str, object] = {}
    exec(decode(FILES[name]), scope)
    assert ascii(scope["x"]) == python_prints(FILES[name], tmp_path / "program.py") == "'\\xe9'"


@pytest.mark.parametrize("name", NO_SOURCE)
def test_what_python_refuses_is_refused_with_a_reason(name: str, tmp_path: Path) -> None:
    assert python_prints(NO_SOURCE[name], tmp_path / "program.py") is None
    with pytest.raises(SourceTextError, match=r"\w+"):
        decode(NO_SOURCE[name])


def test_text_in_memory_has_no_encoding() -> None:
    """A cookie in a model's answer is a comment: the text has been decoded already."""
    assert checked("# coding: nonsense\nx = 'é'\n") == "# coding: nonsense\nx = 'é'\n"
    assert checked("\ufeffx = 1") == "x = 1"
    assert without_mark("\ufeff\ufeffx") == "\ufeffx"  # only the first can be a mark
    for text in ("x = '\ud800'", "x = 1\0"):
        with pytest.raises(SourceTextError):
            checked(text)


def test_a_program_in_an_answer_has_no_byte_order_mark() -> None:
    assert extract("Here:\n```python\n\ufeffx = 1\ny = '\ufeff'\n```\n").code == "x = 1\ny = '\ufeff'"


def statuses(text: str) -> tuple[AnalysisStatus, AnalysisStatus, OutcomeStatus]:
    """What the detector, the type checker and the sandbox say of a text in memory."""
    with Checker(policy="paper") as checker, Pool(1) as pool:
        request = ExecutionRequest("a", text, ScriptSuite((StdinCase("", "é\n"),)))
        (result,) = pool.run([request])
        return detector.scan(text).status, checker.check([text])[0].status, result.outcomes[0].status


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("\ufeffprint('é')\n", True),
        ("# coding: latin-1\nprint('é')\n", True),
        ("# coding: nonsense\nprint('é')\n", True),
        ("print('é')\r\n", True),
        ("\ufeff\ufeffprint('é')\n", False),
        ("print('é')\n\0", False),
        ("print('é')  # \ud800\n", False),
    ],
)
def test_every_room_reads_text_in_memory_alike(text: str, readable: bool) -> None:
    clean = (AnalysisStatus.CLEAN, AnalysisStatus.CLEAN, OutcomeStatus.PASS)
    refused = (AnalysisStatus.UNANALYZABLE, AnalysisStatus.UNANALYZABLE, OutcomeStatus.COMPILE_ERROR)
    assert statuses(text) == (clean if readable else refused)


@pytest.mark.parametrize("name", FILES)
def test_the_commands_agree_on_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_bytes(FILES[name] + b"print(ascii(x))\n")
    assert isinstance(scanning.read(str(path)), str)
    for command in (["real.typecheck", "--policy", "paper"], ["real.detector"], ["real.execution", "run"]):
        done = subprocess.run([sys.executable, "-m", *command, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
    assert "'\\xe9'" in done.stdout


@pytest.mark.parametrize("name", NO_SOURCE)
def test_the_commands_agree_on_what_is_no_source(name: str, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_bytes(NO_SOURCE[name])
    for command, code in ((["real.typecheck"], 2), (["real.detector", "--strict"], 2), (["real.execution", "run"], 3)):
        done = subprocess.run([sys.executable, "-m", *command, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr + done.stdout
        assert "Traceback" not in done.stderr
