"""By whose rules, and on which test tasks, a policy is evaluated (``conf/evaluation``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from real.protocols import EvaluationProtocol


class TestSubset(StrEnum):
    """Which test tasks count; members are named as their values, because OmegaConf reads an Enum by its names."""

    __test__ = False  # not a pytest class

    all = "all"
    clean = "clean"  # those that nothing in the train split gives away (``real.datasets.subset``)


@dataclass
class EvaluationCfg:
    """``protocol`` says how rollouts are judged while training too: another reward would teach something else."""

    protocol: EvaluationProtocol = EvaluationProtocol.strict
    subset: TestSubset = TestSubset.all
