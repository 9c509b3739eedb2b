"""Processes that a run starts: what they can import, and that they end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from real.errors import InfrastructureError
from real.training.openrlhf import child_process

BASE = sys._base_executable  # type: ignore[attr-defined]  # the interpreter without the virtual environment


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


def test_a_child_in_another_folder_finds_a_checkout_that_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", BASE)
    alone = subprocess.run(
        [BASE, "-c", "import real"], cwd=tmp_path, env=environment(), capture_output=True, check=False
    )
    assert alone.returncode, "REAL is installed for every interpreter here: the test cannot tell"
    with (tmp_path / "log").open("wb") as log:
        child = child_process.start(
            [BASE, "-c", "import real.errors, os; print(real.errors.__file__, os.environ['PYTHONPATH'])"],
            environment=environment() | {"PYTHONPATH": "/before"},
            output=log,
            folder=tmp_path,
        )
        assert child.wait(60) == 0, (tmp_path / "log").read_text()
    found, path = (tmp_path / "log").read_text().split()
    assert Path(found).is_relative_to(path.split(os.pathsep)[0])
    assert path.endswith(f"{os.pathsep}/before")


def test_kernels_are_compiled_into_a_folder_of_the_run(tmp_path: Path) -> None:
    def asked(more: dict[str, str]) -> list[str]:
        code = "import os; print(os.environ['TORCH_EXTENSIONS_DIR'], os.environ['TRITON_CACHE_DIR'])"
        with (tmp_path / "log").open("wb") as log:
            child = child_process.start([sys.executable, "-c", code], environment=environment() | more, output=log)
            assert child.wait(60) == 0
        return (tmp_path / "log").read_text().split()

    torch, triton = asked({})
    assert Path(torch).is_relative_to(tempfile.gettempdir()) and Path(triton).is_relative_to(tempfile.gettempdir())
    assert asked({"TRITON_CACHE_DIR": "/own"}) == [torch, "/own"]


def test_a_child_and_its_own_stand_back_as_far_as_asked(tmp_path: Path) -> None:
    code = "import os; os.fork() or os._exit(print(os.nice(0), flush=True) or 0); os.wait(); print(os.nice(0))"
    with (tmp_path / "log").open("wb") as log:
        child = child_process.start([sys.executable, "-c", code], environment=environment(), output=log, nice=3)
        assert child.wait(60) == 0, (tmp_path / "log").read_text()
    assert (tmp_path / "log").read_text().split() == [str(min(os.nice(0) + 3, 19))] * 2


def test_a_child_ends_with_the_run_that_started_it(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, sys, time; from real.training.openrlhf import child_process\n"
            "child = child_process.start(['sleep', '600'], environment=os.environ, output=1)\n"
            "print(child.pid, flush=True); time.sleep(600)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child}/comm").read_text().strip() != "sleep":  # the guard has become the command
        assert time.monotonic() < deadline
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while Path(f"/proc/{child}").exists() and "State:\tZ" not in Path(f"/proc/{child}/status").read_text():
        assert time.monotonic() < deadline, "the child outlived its run"
        time.sleep(0.05)


def test_a_program_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(InfrastructureError, match="cannot start ray"):
        child_process.start(["ray"], environment=environment(), output=subprocess.DEVNULL)
