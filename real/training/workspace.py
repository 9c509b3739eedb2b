"""What a method and its trainer work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from real.generation import Generator
from real.judge import Judge
from real.policy.policy import Policy
from real.runs.store import RunStore
from real.settings import RootCfg
from real.types import Task


@dataclass
class Workspace:
    """One run while it trains; a method leaves the trained ``policy`` and its ``generator`` here."""

    cfg: RootCfg
    store: RunStore
    run_id: str
    train: Sequence[Task]
    test: Sequence[Task]  # for curves only: no method may learn from it
    examples: Sequence[Task]  # a few held-out tasks whose answers are kept half-way, for the report only
    policy: Policy
    generator: Generator
    judge: Judge

    @property
    def checkpoint(self) -> Path:
        """Where a method keeps what it needs to resume."""
        return self.store / "checkpoint.pt"
