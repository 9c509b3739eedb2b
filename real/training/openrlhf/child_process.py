"""Processes that a run starts: they end with it, even where the run itself is killed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from real.errors import InfrastructureError

_PR_SET_PDEATHSIG = 1
_GRACE_S = 30.0  # Ray takes some seconds to end its workers in order


def start(
    command: Sequence[str], *, environment: Mapping[str, str], output: IO[bytes] | int, folder: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own that is told to end when this one dies; its output goes to ``output``.

    Raises ``InfrastructureError`` where there is no such program.
    """
    guard = [sys.executable, "-m", "real.training.openrlhf.child_process", str(os.getpid()), *command]
    try:
        return subprocess.Popen(
            guard,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=folder,
        )
    except OSError as error:
        raise InfrastructureError(f"cannot start {command[0]}: {error.strerror or error}") from error


def stop(process: subprocess.Popen[bytes], grace_s: float = _GRACE_S) -> None:
    """End a process and its session: politely first, so that Ray can end its own."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=grace_s)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _guard(parent: int, command: Sequence[str]) -> None:
    """Become ``command``, with SIGTERM to come when the parent dies (the setting survives the change of program)."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the setting was made
        sys.exit(1)
    try:
        os.execvp(command[0], list(command))
    except OSError as error:
        sys.exit(f"cannot start {command[0]}: {error.strerror or error}")


if __name__ == "__main__":
    _guard(int(sys.argv[1]), sys.argv[2:])
