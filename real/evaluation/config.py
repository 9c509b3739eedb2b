"""By whose rules, and on which test tasks, a policy is evaluated (``conf/evaluation``)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from real.errors import UsageError
from real.evaluation.sampling import Sampling
from real.protocols import EvaluationProtocol


class TestSubset(StrEnum):
    """Which test tasks count; members are named as their values, because OmegaConf reads an Enum by its names."""

    __test__ = False  # not a pytest class

    all = "all"
    clean = "clean"  # those that nothing in the train split gives away (``real.datasets.subset``)


@dataclass
class EvaluationCfg:
    """``protocol`` says how rollouts are judged while training too: another reward would teach something else.

    ``samples`` answers a task are drawn at ``temperature``; 0 decodes greedily, which gives one (paper section 4.1).
    """

    protocol: EvaluationProtocol = EvaluationProtocol.strict
    subset: TestSubset = TestSubset.all
    samples: int = 1
    temperature: float = 0.0

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range, or several samples would all be the same."""
        if self.samples < 1:
            raise UsageError(f"evaluation.samples is {self.samples}, but it must be at least 1")
        if not 0 <= self.temperature < math.inf:
            raise UsageError(f"evaluation.temperature is {self.temperature:g}, but it must be 0 (greedy) or above")
        if self.samples > 1 and self.temperature == 0:
            raise UsageError(
                f"evaluation.samples={self.samples} at temperature 0 would be {self.samples} times the same answer",
                hint="Set evaluation.temperature too, such as 0.8, or leave evaluation.samples out.",
            )

    def sampling(self) -> Sampling:
        """How many answers a task gets, and how they are drawn."""
        return Sampling(self.samples, self.temperature)
