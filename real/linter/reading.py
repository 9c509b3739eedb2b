"""The bytes of a file that is to be scanned, also of a pipe, without waiting for what never comes."""

from __future__ import annotations

import errno
import os
import stat
import time
from pathlib import Path

_PATIENCE = 5.0  # seconds that a pipe may be without anybody who writes to it
_PAUSE = 0.05


def read_bytes(path: str, most: int) -> bytes:
    """At most so many bytes of a file; raises ``OSError``, also for a pipe that nobody writes to."""
    if stat.S_ISFIFO(Path(path).stat().st_mode):
        return _of_pipe(path, most)
    with Path(path).open("rb") as file:
        return file.read(most)


def _of_pipe(path: str, most: int) -> bytes:
    """A named pipe has no end until somebody has opened it to write: ``<(command)`` has before we are called."""
    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        first = _first(pipe, min(most, 65536))
        os.set_blocking(pipe, True)
        with os.fdopen(os.dup(pipe), "rb") as file:
            return first + file.read(most - len(first))
    finally:
        os.close(pipe)


def _first(pipe: int, most: int) -> bytes:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            found = os.read(pipe, most)
        except BlockingIOError:
            return b""  # there is a writer, who has not written yet
        if found:
            return found
        if time.monotonic() > until:
            raise OSError(errno.EPIPE, "nobody writes to this pipe")
        time.sleep(_PAUSE)
