"""Whether two methods differ on the same tasks: McNemar's test and the paired bootstrap, from four counts.

Both are computed exactly, so that neither has a seed: McNemar's p-value from the binomial distribution, the bootstrap
from the distribution that resampling the tasks for ever would give.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

_TAIL = 0.025  # on either side of a 95 % interval


@dataclass(frozen=True, slots=True)
class Pairs:
    """Tasks by what two methods made of them: passed by both, by one of them only, by neither."""

    both: int
    first_only: int
    second_only: int
    neither: int

    @classmethod
    def of(cls, first: Mapping[str, bool | None], second: Mapping[str, bool | None]) -> Pairs:
        """Count the tasks that both methods have, by task id; those masked (``None``) on either side are left out."""
        marks = [(first[task], second[task]) for task in first if task in second]
        known = [mark for mark in marks if None not in mark]
        return cls(*(known.count(key) for key in ((True, True), (True, False), (False, True), (False, False))))

    @property
    def n(self) -> int:
        """All tasks."""
        return self.both + self.first_only + self.second_only + self.neither


def mcnemar(pairs: Pairs) -> float:
    """The two-sided p-value of McNemar's exact test: how likely so uneven a split is where neither method is better.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12 (1947), with the binomial distribution in the place of chi-squared. 1 where no task tells the two
    apart.
    """
    discordant = pairs.first_only + pairs.second_only
    fewer = min(pairs.first_only, pairs.second_only)
    ways = sum(math.comb(discordant, count) for count in range(fewer + 1))
    return min(1.0, 2 * ways / (1 << discordant))


def paired_bootstrap(pairs: Pairs) -> tuple[float, float, float]:
    """Second minus first, with the 95 % percentile interval of the paired bootstrap: (difference, low, high).

    A resample draws as many tasks as there are, with replacement, and keeps each task's two results together. NaN and
    (-1, 1) where there is no task. Source: B. Efron and R. Tibshirani, "An Introduction to the Bootstrap" (1993), 13.3.
    """
    n = pairs.n
    if n == 0:
        return math.nan, -1.0, 1.0
    lost, same, gained = pairs.first_only / n, (pairs.both + pairs.neither) / n, pairs.second_only / n
    weights = [1.0]  # of the sums from -k to k after k draws
    for _ in range(n):
        padded = [0.0, 0.0, *weights, 0.0, 0.0]
        weights = [
            gained * below + same * at + lost * above
            for below, at, above in zip(padded, padded[1:], padded[2:], strict=False)
        ]
    cumulative = list(itertools.accumulate(weights))
    low = next(place for place, share in enumerate(cumulative) if share >= _TAIL)
    high = next(place for place, share in enumerate(cumulative) if share >= 1 - _TAIL)
    return (pairs.second_only - pairs.first_only) / n, (low - n) / n, (high - n) / n
