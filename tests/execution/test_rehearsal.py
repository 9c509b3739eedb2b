"""What goes wrong before the first program ends in a sentence, not in silence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from real.execution import worker
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
