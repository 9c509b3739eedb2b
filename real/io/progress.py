"""Progress of long work on standard error (tqdm), and durations for people."""

from __future__ import annotations

import shutil
import sys
import threading
from types import TracebackType
from typing import Self, TextIO

from tqdm import tqdm

_LINE_EVERY_S = 10.0  # where the output is a file or a pipe
_REDRAW_EVERY_S = 0.1

# tqdm's own lock is one between processes, whose semaphores every sandbox worker would inherit; one process draws here.
tqdm.set_lock(threading.RLock())
tqdm.monitor_interval = 0  # and no thread of tqdm's beside a process that forks


class Progress:
    """Counts ``total`` samples: a bar that redraws on a terminal, a plain line every ten seconds elsewhere.

    Writes to standard error, so that standard output stays for results; says nothing where there is nothing to do.
    Use as ``with Progress(...) as progress``.
    """

    def __init__(self, total: int, label: str, unit: str = "samples", *, stream: TextIO | None = None) -> None:
        stream = sys.stderr if stream is None else stream
        self._live = live = stream.isatty()
        size = shutil.get_terminal_size()  # 80 x 24 where the terminal reports none, and tqdm would draw nothing
        every = _REDRAW_EVERY_S if live else _LINE_EVERY_S
        self._bar = tqdm(
            total=total,
            desc=label,
            unit=unit,
            file=stream if live else _Lines(stream),
            mininterval=every,
            delay=every,
            position=0,  # one bar at a time: one that an error left open must not move the next
            miniters=1,
            smoothing=0,  # the mean speed: samples differ too much for a recent one to say how long it takes
            ncols=size.columns if live else 0,
            nrows=size.lines,
            disable=not total,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def done(self) -> int:
        """Samples counted so far."""
        return int(self._bar.n)

    def advance(self, count: int = 1, *, note: str = "") -> None:
        """Count ``count`` more samples; ``note`` ends the line."""
        if note:
            self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(count)

    def close(self) -> None:
        """Draw the last state and end the line; says nothing where nothing was counted."""
        if not self._bar.disable:
            self._bar.delay = 0  # what took less than the first interval is shown as well
            told = not self._live and self._bar.last_print_n == self._bar.n  # a line of its own has it already
            self._bar.leave = bool(self._bar.n) and not told
        self._bar.close()


class _Lines:
    """A file for tqdm that turns each redrawing of the bar into a line of its own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        if line := text.strip():
            self._stream.write(line + "\n")

    def flush(self) -> None:
        self._stream.flush()


def duration(seconds: float) -> str:
    """Seconds for people: ``8 s``, ``3 min 05 s``, ``2 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"
