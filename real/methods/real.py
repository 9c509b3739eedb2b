"""REAL: PPO with program analysis and unit tests as the reward (paper section 3.2)."""

from __future__ import annotations

from real.training.optimise import optimise
from real.training.trainer import open_trainer
from real.training.workspace import Workspace


def real(ws: Workspace) -> int:
    """Train with PPO where ``trainer=`` says, resuming from the newest checkpoint; returns the number of steps."""
    return optimise(open_trainer(ws), ws)
