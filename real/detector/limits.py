"""What the detector agrees to analyse: bounds that keep hostile or huge sources from hanging or crashing it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

MAX_BYTES = 200_000
MAX_DEPTH = 150  # levels of nested syntax; the lowering recurses a few Python frames per level
MAX_VALUES = 400_000  # instructions in a program after lowering
MAX_STEPS = 300_000  # instructions evaluated and objects looked at in one analysis: a second or two
MAX_STEPS_OF_FILE = 7 * MAX_STEPS  # of the largest files that the command line is given: two seconds per 1,000 lines
MAX_SECONDS = 10.0  # of CPU for one program, so that a busy machine changes nothing; most need some milliseconds

_STEPS_BETWEEN_LOOKS = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """What one source may take: its size in characters, steps, and seconds of CPU as a safety net.

    ``steps_per_line``: so many more for each line, so that a short file takes no longer than a short file should.
    """

    characters: int = MAX_BYTES
    steps: int = MAX_STEPS
    seconds: float = MAX_SECONDS
    steps_per_line: int = 0

    def of(self, code: str) -> Limits:
        """The limits of this source."""
        if not self.steps_per_line:
            return self
        steps = min(self.steps + self.steps_per_line * code.count("\n"), MAX_STEPS_OF_FILE)
        return replace(self, steps=steps, steps_per_line=0)


OF_PROGRAM = Limits()  # what a policy writes
OF_FILE = Limits(10 * MAX_BYTES, MAX_STEPS, 6 * MAX_SECONDS, steps_per_line=350)  # what the command line is given


class UnanalyzableError(Exception):
    """The program is outside what can be analysed; the message says why."""


class BudgetExceededError(UnanalyzableError):
    """The analysis has used up its steps or its time."""


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
        """Count work; raises ``BudgetExceededError`` when the steps or the time are used up."""
        self.spent += steps
        if self.spent > self._steps:
            raise BudgetExceededError("the analysis exceeded its budget of steps")
        if self.spent < self._look:
            return
        self._look = self.spent + _STEPS_BETWEEN_LOOKS
        if time.thread_time() > self._end:
            raise BudgetExceededError(f"the analysis took more than {self._seconds:g} s of CPU")

    def allow(self, steps: int) -> None:
        """From here on, this many more steps may be spent, whatever has been before."""
        self._steps = self.spent + steps
