"""Estimate the disk space of a training: checkpoints while it runs, its model afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from real.settings import RootCfg

_GB = 2**30
_CHECKPOINT = 28  # bytes a parameter, for policy and critic: bfloat16 weights, fp32 weights, both moments of Adam
_MODEL = 2  # bytes a parameter of the trained model, in bfloat16


def checkpoint_gb(root: RootCfg) -> float:
    """GB of one checkpoint; 0 where ``model.placement`` has no architecture."""
    return _CHECKPOINT * root.model.placement.parameters / _GB


def model_gb(root: RootCfg) -> float:
    """GB of the trained model, which stays."""
    return _MODEL * root.model.placement.parameters / _GB


def training_gb(root: RootCfg) -> float:
    """GB at the peak of one training: ``trainer.openrlhf.keep_checkpoints`` checkpoints and the model."""
    return root.trainer.openrlhf.keep_checkpoints * checkpoint_gb(root) + model_gb(root)


def sweep_gb(roots: Sequence[RootCfg], at_a_time: int) -> float:
    """GB at the peak of several trainings of which ``at_a_time`` run together (0: all): the largest ones at the end.

    Checkpoints are deleted when a model is trained.
    """
    largest = sorted((training_gb(root) - model_gb(root) for root in roots), reverse=True)
    return sum(map(model_gb, roots)) + sum(largest[: at_a_time or None])
