"""How a verdict becomes a reward (``conf/reward``)."""

from __future__ import annotations

from dataclasses import dataclass, field

from real.errors import UsageError

VARIANTS = ("hybrid", "function_only", "quality_only", "safety_unit_tests")


@dataclass
class RewardCfg:
    """Paper section 3.2; ``alpha`` weighs quality against function."""

    variant: str = "hybrid"
    alpha: float = 0.5
    penalty: float = -1.0  # the program cannot run
    checks: list[str] = field(default_factory=list)  # empty: those of the task; else security and/or maintainability
    tests_per_rollout: int | None = None  # null: every test; else a seeded sample while training
    workers: int = 0  # sandbox workers; 0: one per core
    min_isolation: str = "medium"  # refuse to run untrusted programs below this level
    max_masked: float = 0.05  # stop when more than this share of a batch is masked

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        if self.variant not in VARIANTS:
            raise UsageError(f"reward.variant is {self.variant!r}, but it must be one of {', '.join(VARIANTS)}")
        if not 0.0 <= self.alpha <= 1.0:
            raise UsageError(
                f"reward.alpha is {self.alpha:g}, but it must lie in [0, 1]",
                hint="It weighs quality against function: 0 is function only, 1 is quality only (paper section 3.2).",
            )
        if self.min_isolation not in ("weak", "medium", "strong"):
            raise UsageError(f"reward.min_isolation is {self.min_isolation!r}, but it must be weak, medium or strong")
        for name in self.checks:
            if name not in ("security", "maintainability"):
                raise UsageError(f"reward.checks has {name!r}, but it knows only security and maintainability")
        if not 0.0 <= self.max_masked <= 1.0:
            raise UsageError(f"reward.max_masked is {self.max_masked:g}, but it must lie in [0, 1]")
        if self.tests_per_rollout is not None and self.tests_per_rollout < 1:
            raise UsageError("reward.tests_per_rollout must be at least 1 (or null for every test)")
