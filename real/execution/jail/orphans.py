"""Kill the processes that a case left behind."""

# pathlib would cost every process of the jail two thirds of a megabyte.
# ruff: noqa: PTH123, PTH208

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

_PATIENCE_S = 10.0


def _children() -> list[int]:
    """The process ids of this process's children, from /proc."""
    me, found = os.getpid(), []
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        with suppress(OSError, IndexError, ValueError), open(f"/proc/{name}/stat", "rb") as file:
            # after the command's closing parenthesis come the state and the parent's id
            if int(file.read().rpartition(b")")[2].split()[1]) == me:
                found.append(int(name))
    return found


def _reap() -> bool:
    """Reap what is dead; returns whether children are left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return False
    return True


def kill_orphans(*, whole_namespace: bool) -> None:
    """Kill and reap every descendant of this process, which must be a subreaper or the init of its pid namespace."""
    deadline = time.monotonic() + _PATIENCE_S
    while _reap() and time.monotonic() < deadline:
        if whole_namespace:
            with suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        else:
            for pid in _children():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
