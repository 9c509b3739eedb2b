"""Standard output and error as commands meet them: any encoding, any reader, readers that leave."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import Any

from real.errors import RealError


def protect(*, outlive: bool = False) -> None:
    """See to it that printing cannot end the process; every command calls this first, and once more does no harm.

    What the encoding of an output lacks is written as a backslash escape. ``outlive``: when the reader has gone (a
    closed terminal, ``| head``) or the disk behind a redirection is full, further text is dropped, so that a run of
    hours goes on; without it the command sees ``BrokenPipeError``, as a filter should.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
            if outlive:
                setattr(sys, name, _Outliving(stream))


def ended(work: Callable[[], int], interrupted: str) -> int:
    """The exit code of ``work``; a mistake is told and has its own, Ctrl-C says ``interrupted`` and has 130."""
    try:
        return work()
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        return 130


def say(text: str) -> None:
    """Print ``text`` and flush, so that trouble with the reader comes now and not at exit."""
    print(text, flush=True)


def forget_reader() -> None:
    """Send what is left to nobody: the reader (``head``, ``less``) has gone, and the interpreter would complain."""
    _to_nobody(sys.stdout.fileno())


class _Outliving:
    """A text stream that goes on to nobody when it cannot be written any more."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            _to_nobody(self._stream.fileno())
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            _to_nobody(self._stream.fileno())

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self._stream, name)


def _to_nobody(descriptor: int) -> None:
    nobody = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nobody, descriptor)
    os.close(nobody)
