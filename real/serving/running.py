"""Running mean and scale of the rewards: for normalisation (appendix A.2), and for samples that have none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from real.moments import RunningMoments

_ENOUGH = 32  # rewards before their spread is used: that of two or three says nothing
_SMALLEST = 1e-4


class RunningScale(RunningMoments):
    """The rewards of a training, one at a time."""

    def resume(self, records: Iterable[Mapping[str, object]]) -> None:
        """Take in the rewards of an earlier process, from its record of training samples."""
        for record in records:
            value = record.get("reward")
            if record.get("mode") == "train" and isinstance(value, int | float):
                self.add(value)

    def take(self, value: float, normalize: bool) -> float:
        """Take in one reward; returns it, or with ``normalize`` its distance from the mean in standard deviations."""
        self.add(value)
        if not normalize:
            return value
        spread = self.std if self.count >= _ENOUGH else 1.0
        return (value - self.mean) / max(spread, _SMALLEST)

    def neutral(self, normalize: bool) -> float:
        """The reward that teaches nothing: the mean so far, which normalised is 0."""
        return 0.0 if normalize else self.mean
