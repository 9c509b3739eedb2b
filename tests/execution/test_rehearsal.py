"""What goes wrong before the first program ends in a sentence, not in silence."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from real.execution import worker
from real.execution.jail.isolation import CaseLimits
from real.execution.jail.worker_request import WorkerRequest
from real.execution.worker import Worker, WorkerError

_FIRST = "    request = _request(functions=functions)\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('    raise ValueError("no such limit")\n', "ValueError: no such limit"),
        ('    raise OSError("no folder")\n', "no folder"),
        ('    globals()["_FUNCTION"] = "def ("\n', "does not compile here"),
        ("    linux.step = lambda *_: (-1,) * 7\n", "the jail could not be set up"),
    ],
    ids=["error of ours", "error of the machine", "compiler", "jail"],
)
def test_a_rehearsal_that_fails_says_why(line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(Path(worker.__file__).parent / "jail", tmp_path / "jail")
    file = tmp_path / "jail" / "rehearsal.py"
    text = file.read_text(encoding="utf-8")
    assert text.count(_FIRST) == 1
    file.write_text(text.replace(_FIRST, line + _FIRST), encoding="utf-8")
    monkeypatch.setattr(worker, "__file__", str(tmp_path / "worker.py"))
    with pytest.raises(WorkerError, match=said):
        Worker("weak", 0, functions=True)


def test_a_zygote_that_ends_after_it_was_ready_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(Path(worker.__file__).parent / "jail", tmp_path / "jail")
    file = tmp_path / "jail" / "launcher.py"
    text = file.read_text(encoding="utf-8")
    serving = "                serve(channel, jail)\n"
    assert text.count(serving) == 1
    broken = serving.replace("serve(channel, jail)", 'channel.receive(); raise OSError("no more processes")')
    file.write_text(text.replace(serving, broken), encoding="utf-8")
    monkeypatch.setattr(worker, "__file__", str(tmp_path / "worker.py"))
    one = Worker("weak", 0)
    with pytest.raises(WorkerError, match="no more processes"):
        one.ask(WorkerRequest("script", "", CaseLimits(1.0, 256, 256, 1, 0), [""], {}))


def test_too_few_open_files_are_named() -> None:
    code = "from real.execution.worker import Worker; Worker('weak', 0)"
    done = subprocess.run(
        ["sh", "-c", 'ulimit -n 12; exec "$0" -c "$1"', sys.executable, code], capture_output=True, text=True
    )
    assert "it may open 12 files only: raise `ulimit -n`" in done.stderr
