"""Child processes of a run: they can import REAL from any folder, and end with the run even if it is killed."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from real.errors import InfrastructureError

_REPOSITORY = Path(__file__).resolve().parents[3]
_PR_SET_PDEATHSIG = 1
_GRACE_S = 30.0  # Ray takes some seconds to end its workers in order


def start(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: IO[bytes] | int,
    folder: Path | None = None,
    nice: int = 0,
) -> subprocess.Popen[bytes]:
    """Start a process in its own session that receives SIGTERM when this one dies; its output goes to ``output``.

    REAL is put on its ``PYTHONPATH``: a checkout need not be installed, and what the process starts (Ray's workers,
    OpenRLHF's engines with the reward function) imports it too; kernels are compiled into ``kernel_caches``. ``nice``
    is how far it and its own children stand back for others that want a core.

    Raises ``InfrastructureError`` where there is no such program.
    """
    guard = [sys.executable, "-m", "real.training.openrlhf.child_process", str(os.getpid()), str(nice), *command]
    try:
        return subprocess.Popen(
            guard,
            env=kernel_caches() | with_repository(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=folder,
        )
    except OSError as error:
        raise InfrastructureError(f"cannot start {command[0]}: {error.strerror or error}") from error


def with_repository(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` with this checkout first on ``PYTHONPATH``."""
    before = environment.get("PYTHONPATH")
    return {**environment, "PYTHONPATH": os.pathsep.join([str(_REPOSITORY), *([before] if before else [])])}


@functools.cache
def kernel_caches() -> dict[str, str]:
    """Folders for kernels that torch and Triton compile at run time: on each node's own disk, and new for each run.

    torch waits without limit for the lock of a folder, which a job killed while compiling leaves behind for ever.
    """
    folder = Path(tempfile.gettempdir()) / f"real-kernels-{secrets.token_hex(8)}"  # other nodes make it when needed
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return {
        "TORCH_EXTENSIONS_DIR": str(folder / "torch_extensions"),
        "TRITON_CACHE_DIR": str(folder / "triton"),
    }


def stop(process: subprocess.Popen[bytes], grace_s: float = _GRACE_S) -> None:
    """Terminate a process, wait up to ``grace_s`` seconds for it, then kill its session."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=grace_s)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _guard(parent: int, nice: int, command: Sequence[str]) -> None:
    """Become ``command``, with SIGTERM to come when the parent dies (the setting survives the change of program)."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the setting was made
        sys.exit(1)
    os.nice(nice)
    try:
        os.execvp(command[0], list(command))
    except OSError as error:
        sys.exit(f"cannot start {command[0]}: {error.strerror or error}")


if __name__ == "__main__":
    _guard(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
