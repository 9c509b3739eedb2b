"""What a method gets and gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from real.registry import Registry

if TYPE_CHECKING:  # real.config imports this package while it composes, long before torch is wanted
    from real.config.schema import RootCfg
    from real.generation import Generator
    from real.judge import Judge
    from real.runs.store import RunStore
    from real.training.start import Policy
    from real.types import Task


@dataclass
class Workspace:
    """Everything a method may use; it changes ``policy.model`` in place."""

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


Method: TypeAlias = Callable[[Workspace], int]  # returns the number of optimisation steps taken

METHODS: Registry[Method] = Registry("method")
