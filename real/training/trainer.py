"""What every trainer offers, and which one a configuration asks for (``conf/trainer``)."""

from __future__ import annotations

from collections.abc import Generator as EventStream
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from real.generation import Generator
from real.policy.policy import Policy
from real.training.config import Engine
from real.training.workspace import Workspace


@dataclass(frozen=True, slots=True)
class TrainingEvent:
    """What a trainer reports: the metrics of step ``step`` (1-based), or of an evaluation that it made after it."""

    step: int
    metrics: Mapping[str, float]
    is_evaluation: bool = False


class Trainer(Protocol):
    """Optimises a policy against the judge's reward. ``optimise`` calls the four methods, in this order."""

    stops_between_steps: bool  # whether a warning signal can wait for the end of the step, to lose nothing

    def start(self) -> int:
        """Get ready and load the newest checkpoint; returns the number of steps that it holds.

        Raises ``RealError`` where a person can act.
        """

    def run(self, first: int) -> EventStream[TrainingEvent]:
        """Train on after step ``first``, reporting each step when it is done; closing the iterator ends it."""

    def checkpoint(self, step: int) -> None:
        """Make what is done up to ``step`` survive a kill; nothing where the engine does so by itself."""

    def current(self) -> tuple[Policy, Generator] | None:
        """The policy as it is between two steps; ``None`` where it cannot be had before the end."""

    def result(self) -> tuple[Policy, Generator]:
        """The trained policy and what samples from it, for the evaluation."""


def open_trainer(ws: Workspace) -> Trainer:
    """The trainer that ``trainer.engine`` names; each is imported only where it is used."""
    if ws.cfg.trainer.engine is Engine.openrlhf:
        from real.training.openrlhf.trainer import OpenRlhfTrainer

        return OpenRlhfTrainer(ws)
    from real.training.local.trainer import LocalTrainer

    return LocalTrainer(ws)
