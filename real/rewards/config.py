"""How a verdict becomes a reward (``conf/reward``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from real.errors import UsageError
from real.registry import chosen


class Variant(StrEnum):
    """The formula of the reward (``reward.py``). Members are named as their values: OmegaConf reads Enums by name."""

    hybrid = "hybrid"
    hybrid_released = "hybrid_released"
    hybrid_hardened = "hybrid_hardened"
    function_only = "function_only"
    quality_only = "quality_only"
    safety_unit_tests = "safety_unit_tests"


class CreditMode(StrEnum):
    """Which tokens of a response bear the blame for what it lost (``credit.py``; ``trainer=local`` only)."""

    none = "none"  # the paper: every token the same
    trace = "trace"  # what the detector's trace passes through, what the type checker points at, where a run failed
    line = "line"  # the whole lines of findings and failures
    random = "random"  # a control: as much blame as trace gives, on tokens at random


VARIANTS = tuple(variant.value for variant in Variant)


class Penalized(StrEnum):
    """Which programs earn ``reward.penalty``."""

    cannot_run = "cannot_run"  # paper, section 3.2: the program completes no test
    no_program = "no_program"  # the released runs: only a response without a program


@dataclass
class GradingCfg:
    """Partial credit of the released implementation, for ``variant=hybrid_released``; the paper's text has 0 or 1.

    ``finding`` is what each finding takes off a quality of 1 (null: one finding takes all of it), ``unanalyzable`` the
    quality of a program that no analyser can read. ``error`` and ``timeout`` are the credit of one test that ends so,
    ``crash`` the function of a program that completes no test (null: the mean of its tests).
    """

    finding: float | None = None
    unanalyzable: float = 0.0
    error: float = 0.0
    timeout: float = 0.0
    crash: float | None = None
    penalized: Penalized = Penalized.cannot_run

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        for key in ("finding", "unanalyzable", "error", "timeout", "crash"):
            value = getattr(self, key)
            if value is not None and not -1.0 <= value <= 1.0:
                raise UsageError(f"reward.grading.{key} is {value:g}, but it must lie in [-1, 1]")


@dataclass
class RewardCfg:
    """Paper section 3.2; ``alpha`` weighs quality against function."""

    variant: Variant = Variant.hybrid
    alpha: float = 0.5
    grading: GradingCfg = field(default_factory=GradingCfg)
    penalty: float = -1.0  # the program cannot run
    credit: CreditMode = CreditMode.none  # trainer=local: which tokens bear the blame (docs/credit.md)
    checks: list[str] = field(default_factory=list)  # empty: those of the task; else security and/or maintainability
    tests_per_rollout: int | None = None  # null: every test; else a seeded sample while training
    max_masked: float = 0.05  # stop when more than this share of a batch is masked

    def check(self) -> None:
        """Raise ``UsageError`` where a name is unknown or a value out of range."""
        chosen(Variant, self.variant, "reward.variant")
        chosen(CreditMode, self.credit, "reward.credit")
        if not 0.0 <= self.alpha <= 1.0:
            raise UsageError(
                f"reward.alpha is {self.alpha:g}, but it must lie in [0, 1]",
                hint="It weighs quality against function: 0 is function only, 1 is quality only (paper section 3.2).",
            )
        self.grading.check()
        for name in self.checks:
            if name not in ("security", "maintainability"):
                raise UsageError(f"reward.checks has {name!r}, but it knows only security and maintainability")
        if not 0.0 <= self.max_masked <= 1.0:
            raise UsageError(f"reward.max_masked is {self.max_masked:g}, but it must lie in [0, 1]")
        if self.tests_per_rollout is not None and self.tests_per_rollout < 1:
            raise UsageError("reward.tests_per_rollout must be at least 1 (or null for every test)")
