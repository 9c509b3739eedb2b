"""Settings of the OpenRLHF trainer only (``conf/trainer``, key ``openrlhf``)."""

from __future__ import annotations

from dataclasses import dataclass

from real.errors import UsageError


@dataclass
class OpenRlhfCfg:
    """Where Ray is, what is watched while OpenRLHF trains, and how rewards reach it."""

    ray_address: str | None = None  # null: a Ray of our own; http://HOST:8265 submits a job; HOST:PORT joins
    scorer_url: str | None = None  # null: a scorer of our own beside the launcher; else one that runs elsewhere
    scorer_host: str | None = None  # where our own listens; null: every interface where engines are on other nodes
    scorer_nice: int = 19  # 0 to 19: how far our own scorer stands back for engines, which Ray itself starts at 15
    eval_every: int = 20  # steps between greedy evaluations on the test split, for the curves; 0: none
    keep_checkpoints: int = 2  # at least 2: OpenRLHF deletes the oldest before it writes the next
    stall_minutes: int = 60  # without a step, a score or a line for so long, the run has hung; it is stopped
    sample_deadline_s: int = 900  # a sample that has no reward after so long is masked

    def check(self) -> None:
        """Raise ``UsageError`` where a value is out of range."""
        for key, least in (("eval_every", 0), ("keep_checkpoints", 2), ("stall_minutes", 1), ("sample_deadline_s", 1)):
            if getattr(self, key) < least:
                raise UsageError(f"trainer.openrlhf.{key} is {getattr(self, key)}, but it must be at least {least}")
        if not 0 <= self.scorer_nice <= 19:
            raise UsageError(f"trainer.openrlhf.scorer_nice is {self.scorer_nice}, but it must lie in [0, 19]")
        if self.scorer_url is not None and not self.scorer_url.startswith(("http://", "https://")):
            raise UsageError(f"trainer.openrlhf.scorer_url is {self.scorer_url!r}, but it must begin with http://")
