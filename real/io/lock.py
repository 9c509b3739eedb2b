"""One process per run directory, even after ``kill -9``."""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from real.errors import InfrastructureError
from real.io.disk import disk_errors

_POLL_S = 0.5

_held: set[int] = set()


def _forget_in_child() -> None:
    """A forked worker must not keep the lock of a parent that was killed: the resumed run would find it taken."""
    for descriptor in _held:
        os.close(descriptor)  # closing our copy leaves the parent's lock in place, unlocking would not
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)


@contextlib.contextmanager
def hold(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file ``path`` (flock) for the body; the kernel releases it when the process ends, however it ends.

    Where another process has it, ``wait`` for its end, or raise ``InfrastructureError`` naming the holder.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    _held.add(descriptor)
    try:
        while wait and _is_taken(descriptor):
            time.sleep(_POLL_S)  # a blocked flock would keep signals waiting
        _acquire(descriptor, path)
        yield
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no locks on this file system: _acquire says so
        return False
    return False


def _acquire(descriptor: int, path: Path) -> None:
    try:
        with disk_errors(path):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except InfrastructureError as error:
        if not isinstance(error.__cause__, BlockingIOError):
            raise
        holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "another process"
        raise InfrastructureError(
            f"{path.parent} is in use by {holder}",
            hint="Wait until it ends, or stop it; then run the same command again: it resumes.",
        ) from error
    with disk_errors(path):
        os.ftruncate(descriptor, 0)
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        os.pwrite(descriptor, f"process {os.getpid()} on {platform.node()}, since {now}\n".encode(), 0)
