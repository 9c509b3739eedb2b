"""How programs are type-checked (``conf/typecheck``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from real.registry import chosen


class Policy(StrEnum):
    """What fails a program. Members are named as their values, because OmegaConf reads an Enum by its names."""

    paper = "paper"  # MyPy --strict, as the paper's released evaluation runs it
    hardened = (
        "hardened"  # the same, dead code, and what a learner would use to get around it (real/typecheck/hardened)
    )


@dataclass
class TypecheckCfg:
    """Which policy the type checker follows; what the tests of a task supply it knows by itself."""

    policy: Policy = Policy.hardened

    def check(self) -> None:
        """Raise ``UsageError`` where a value is not among the known ones."""
        chosen(Policy, self.policy, "typecheck.policy")
