"""Running mean and scale of the rewards: for normalisation (appendix A.2), and for samples that have none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_ENOUGH = 32  # rewards before their spread is used: that of two or three says nothing
_SMALLEST = 1e-4


@dataclass
class RunningScale:
    """Welford's method, one reward at a time."""

    count: int = 0
    mean: float = 0.0
    m2: float = 0.0

    def resume(self, records: Iterable[Mapping[str, object]]) -> None:
        """Take in the rewards of an earlier process, from its record of training samples."""
        for record in records:
            value = record.get("reward")
            if record.get("mode") == "train" and isinstance(value, int | float):
                self._update(value)

    def take(self, value: float, normalize: bool) -> float:
        """Take in one reward; returns it, or with ``normalize`` its distance from the mean in standard deviations."""
        self._update(value)
        if not normalize:
            return value
        spread = math.sqrt(self.m2 / self.count) if self.count >= _ENOUGH else 1.0
        return (value - self.mean) / max(spread, _SMALLEST)

    def neutral(self, normalize: bool) -> float:
        """The reward that teaches nothing: the mean so far, which normalised is 0."""
        return 0.0 if normalize else self.mean

    def _update(self, value: float) -> None:
        self.count += 1
        delta = value - self.mean
        self.mean += delta / self.count
        self.m2 += delta * (value - self.mean)
