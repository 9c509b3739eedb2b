"""How a verdict becomes a reward (``conf/reward``)."""

from __future__ import annotations

from dataclasses import dataclass, field

from real.errors import UsageError
from real.execution.config import BackendName, ExecutionCfg, Isolation, chosen

VARIANTS = (
    "hybrid",
    "hybrid_released",
    "hybrid_hardened",
    "function_only",
    "quality_only",
    "safety_unit_tests",
)
PENALIZED = ("cannot_run", "no_program")
SCOPES = ("all", "family")


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
    penalized: str = "cannot_run"  # which programs earn reward.penalty: cannot_run (paper), or only no_program

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        for key in ("finding", "unanalyzable", "error", "timeout", "crash"):
            value = getattr(self, key)
            if value is not None and not -1.0 <= value <= 1.0:
                raise UsageError(f"reward.grading.{key} is {value:g}, but it must lie in [-1, 1]")
        if self.penalized not in PENALIZED:
            raise UsageError(f"reward.grading.penalized is {self.penalized!r}, but it must be {' or '.join(PENALIZED)}")


@dataclass
class RewardCfg:
    """Paper section 3.2; ``alpha`` weighs quality against function."""

    variant: str = "hybrid"
    alpha: float = 0.5
    grading: GradingCfg = field(default_factory=GradingCfg)
    penalty: float = -1.0  # the program cannot run
    checks: list[str] = field(default_factory=list)  # empty: those of the task; else security and/or maintainability
    scope: str = "all"  # the detector's rules: all, or family (those of the task's own CWE, where it has one)
    tests_per_rollout: int | None = None  # null: every test; else a seeded sample while training
    backend: str = "local"  # where programs run: local, ray (the nodes of a cluster) or fusion (a SandboxFusion server)
    fusion_url: str | None = None  # address of the server, for backend=fusion
    ray_address: str | None = None  # for backend=ray; null: the cluster of this machine, else a Ray started here
    workers: int = 0  # sandbox workers; 0: one per core (ray: of the cluster; fusion: eight requests at a time)
    min_isolation: str = "medium"  # refuse to run untrusted programs below this level; fusion needs external
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
        self.grading.check()
        self.execution().check("reward")
        for name in self.checks:
            if name not in ("security", "maintainability"):
                raise UsageError(f"reward.checks has {name!r}, but it knows only security and maintainability")
        if self.scope not in SCOPES:
            raise UsageError(f"reward.scope is {self.scope!r}, but it must be {' or '.join(SCOPES)}")
        if not 0.0 <= self.max_masked <= 1.0:
            raise UsageError(f"reward.max_masked is {self.max_masked:g}, but it must lie in [0, 1]")
        if self.tests_per_rollout is not None and self.tests_per_rollout < 1:
            raise UsageError("reward.tests_per_rollout must be at least 1 (or null for every test)")

    def execution(self) -> ExecutionCfg:
        """The settings of the sandbox; raises ``UnknownNameError``."""
        return ExecutionCfg(
            chosen(BackendName, self.backend, "reward.backend"),
            self.fusion_url,
            self.ray_address,
            self.workers,
            chosen(Isolation, self.min_isolation, "reward.min_isolation"),
        )
