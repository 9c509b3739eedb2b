"""Progress of long work on a terminal: how far, how fast, how long still, and which samples were slowest."""

from __future__ import annotations

import heapq
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

_LINE_EVERY_S = 10.0  # where the output is a file or a pipe
_REDRAW_EVERY_S = 0.1
_BAR = 24  # characters


class Progress:
    """Counts ``total`` samples: one line that redraws on a terminal, a plain line every ten seconds elsewhere.

    Writes to standard error, so that standard output stays for results. Use as ``with Progress(...) as progress``.
    """

    def __init__(
        self,
        total: int,
        label: str,
        unit: str = "samples",
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.label, self.unit = total, label, unit
        self.done = 0
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty()
        self._clock = clock
        self._began = self._drawn = clock()
        self._times: list[tuple[float, str]] = []
        self._note = ""
        self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def advance(self, count: int = 1, *, name: str = "", seconds: float | None = None, note: str = "") -> None:
        """Count ``count`` more samples; ``name`` and ``seconds`` feed ``slowest``, ``note`` ends the line."""
        self.done += count
        self._note = note or self._note
        if name and seconds is not None:
            self._times.append((seconds, name))
        now = self._clock()
        if now - self._drawn >= (_REDRAW_EVERY_S if self._live else _LINE_EVERY_S):
            self._drawn = now
            self._draw()

    def slowest(self, n: int = 3) -> list[tuple[str, float]]:
        """The ``n`` samples that took longest, as (name, seconds), slowest first."""
        return [(name, seconds) for seconds, name in heapq.nlargest(n, self._times)]

    def close(self) -> None:
        """Draw the last state and end the line; says nothing where there was nothing to do."""
        if not self.total and not self.done:
            return
        self._draw()
        if self._live:
            self._stream.write("\n")
            self._stream.flush()

    def line(self) -> str:
        """The present state as text, without a line end."""
        elapsed = max(self._clock() - self._began, 1e-9)
        rate = self.done / elapsed
        share = min(1.0, self.done / self.total) if self.total else 1.0
        parts = [f"{self.label}:"]
        if self._live:
            filled = round(share * _BAR)
            parts.append("█" * filled + "░" * (_BAR - filled))
        parts += [f"{self.done}/{self.total} {self.unit} ({share:.0%}),", f"{_speed(rate, self.unit)},"]
        if self.done >= self.total:
            parts.append(f"took {duration(elapsed)}")
        else:
            parts.append(f"{duration((self.total - self.done) / rate)} left" if self.done else "just started")
        return " ".join(parts) + (f"  {self._note}" if self._note else "")

    def _draw(self) -> None:
        text = self.line()
        if self._live:
            # Pads over what a longer line left behind.
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._stream.write(text + "\n")
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


def _speed(rate: float, unit: str) -> str:
    if rate >= 1 or rate == 0:
        return f"{rate:.1f} {unit}/s" if rate < 100 else f"{rate:.0f} {unit}/s"
    return f"{1 / rate:.1f} s each"
