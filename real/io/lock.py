"""One process per run directory, even after ``kill -9``."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from real.errors import InfrastructureError
from real.io.disk import disk_errors

_FOREVER = -1.0
_POLL_S = 0.5


@contextlib.contextmanager
def hold(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file ``path`` (flock) for the body; the kernel releases it when the process ends, however it ends.

    Forked workers do not inherit it. Where another process has it, ``wait`` for its end, or raise
    ``InfrastructureError`` naming the holder; raises it as well where the folder cannot be written or has no locks.
    """
    # Without flock a marker file would outlive a killed run: better say that the disk has no locks.
    lock = FileLock(path, mode=0o644, poll_interval=_POLL_S, fallback_to_soft=False, on_acquired=_sign)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=_FOREVER if wait else 0)
        except Timeout as error:
            raise InfrastructureError(
                f"{path.parent} is in use by {_holder(path)}",
                hint="Wait until it ends, or stop it; then run the same command again: it resumes.",
            ) from error
    try:
        yield
    finally:
        lock.release()


def _sign(descriptor: int) -> None:
    """Write into the lock file who holds it."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()} on {platform.node()}, since {now}\n".encode(), 0)


def _holder(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_bytes()[:200].decode(errors="replace").strip() or "another process"
    return "another process"
