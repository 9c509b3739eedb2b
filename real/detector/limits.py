"""What the detector agrees to analyse: bounds that keep hostile or huge sources from hanging or crashing it."""

from __future__ import annotations

import time

MAX_BYTES = 200_000
MAX_DEPTH = 150  # levels of nested syntax; the lowering recurses a few Python frames per level
MAX_VALUES = 400_000  # instructions in a program after lowering
MAX_STEPS = 300_000  # instructions evaluated and objects looked at in one analysis: a second or two

_STEPS_BETWEEN_LOOKS = 200
MAX_SECONDS = 10.0  # of CPU for one program, so that a busy machine changes nothing; most need some milliseconds


class UnanalyzableError(Exception):
    """The program is outside what can be analysed; the message says why."""


class Budget:
    """What one analysis may use: steps, the same on every machine, and CPU time of its thread, as a safety net.

    Every loop and every recursion of the analysis spends some of it. Where the time decides, the verdict depends on how
    fast the machine is; that is why it is far more than the steps take.
    """

    def __init__(self, seconds: float = MAX_SECONDS, steps: int = MAX_STEPS) -> None:
        self.spent = 0
        self._steps = steps
        self._seconds = seconds
        self._end = time.thread_time() + seconds
        self._look = 0  # when to look at the clock again, in steps

    def spend(self, steps: int) -> None:
        """Count work; raises ``UnanalyzableError`` when the steps or the time are used up."""
        self.spent += steps
        if self.spent > self._steps:
            raise UnanalyzableError("the analysis exceeded its budget of steps")
        if self.spent < self._look:
            return
        self._look = self.spent + _STEPS_BETWEEN_LOOKS
        if time.thread_time() > self._end:
            raise UnanalyzableError(f"the analysis took more than {self._seconds:g} s of CPU")
