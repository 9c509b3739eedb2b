"""Running mean and variance of a stream of numbers. Standard library only: inference engines import it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class RunningMoments:
    """Count, mean and sum of squared deviations ``m2`` of all numbers so far; not safe for threads by itself."""

    count: float = 0.0
    mean: float = 0.0
    m2: float = 0.0

    def add(self, value: float) -> None:
        """Take in one number (Welford's method)."""
        self.merge(1, value, 0.0)

    def merge(self, count: float, mean: float, m2: float) -> None:
        """Take in ``count`` numbers by their own moments (Chan, Golub and LeVeque 1983); none change nothing."""
        if not count:
            return
        delta, total = mean - self.mean, self.count + count
        self.m2 += m2 + delta**2 * self.count * count / total
        self.mean += delta * count / total
        self.count = total

    @property
    def std(self) -> float:
        """Population standard deviation; 0 where nothing was seen."""
        return math.sqrt(self.m2 / self.count) if self.count else 0.0
