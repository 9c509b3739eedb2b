"""Estimate GPU-hours as a range, from operation counts and known overheads.

Assumes H100s (989 TFLOP/s in bfloat16) and responses half as long as they may be. Each constant is (fast, slow); none
was measured on a GPU, and the first steps of a run tell better. The greedy evaluations between the steps
(``trainer.openrlhf.eval_every``) and those before and after come on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from real.training.openrlhf.disk_space import checkpoint_gb
from real.training.openrlhf.layout import Layout

if TYPE_CHECKING:
    from real.settings import RootCfg

_PEAK = 989e12
_TRAINING, _FORWARD, _GENERATING = (0.38, 0.32), (0.27, 0.23), (0.055, 0.045)  # share of the peak
_IMBALANCE = (1.1, 1.2)  # ranks take contiguous chunks, and wait for the one with the longest responses
_DISPATCH_S = (0.005, 0.02)  # a prompt: one call to an engine, one answer and one score (the tokenizer: see entry.py)
_TENSOR_S = (0.02, 0.03)  # a tensor: weights are sent to the engines one by one
_TENSORS = 12  # a layer
_SLEEP_S = (5.0, 8.0)  # engines and both optimisers leave the GPU and come back
_SCORING_S = (2.0, 6.0)  # what is left when the last response has come
_DISK_GB_S = (2.0, 0.7)


@dataclass(frozen=True, slots=True)
class Range:
    """A quantity in the fast and in the slow case."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:,.0f} to {self.high:,.0f}"


def step_seconds(root: RootCfg, layout: Layout) -> Range:
    """Seconds of one step."""
    return Range(_seconds(root, layout, 0), _seconds(root, layout, 1))


def training_hours(root: RootCfg, layout: Layout) -> Range:
    """Hours of the whole training; 0 where ``model.placement`` has no architecture."""
    if not root.model.placement.parameters:
        return Range(0.0, 0.0)
    step, steps = step_seconds(root, layout), root.trainer.steps
    return Range(steps * step.low / 3600, steps * step.high / 3600)


def gpu_hours(root: RootCfg, layout: Layout) -> Range:
    """GPU-hours of the whole training; 0 where ``model.placement`` has no architecture."""
    hours = training_hours(root, layout)
    return Range(hours.low * layout.gpus, hours.high * layout.gpus)


def total(ranges: list[Range]) -> Range:
    """The sum of several."""
    return Range(sum(one.low for one in ranges), sum(one.high for one in ranges))


def _seconds(root: RootCfg, layout: Layout, case: int) -> float:
    shape, trainer = root.model.placement, root.trainer
    tokens = trainer.samples * (root.model.max_prompt_tokens + root.model.max_response_tokens) / 2
    operations = 2 * shape.parameters * tokens / (layout.gpus * _PEAK)
    passes = 1 / _GENERATING[case] + 3 / _FORWARD[case] + 2 * 3 * trainer.ppo_epochs / _TRAINING[case]
    dispatch = _DISPATCH_S[case] * trainer.samples
    sync = _TENSOR_S[case] * _TENSORS * shape.layers
    saving = checkpoint_gb(root) / _DISK_GB_S[case] / trainer.checkpoint_every
    compute = operations * passes * _IMBALANCE[case]
    return compute + dispatch + sync + _SLEEP_S[case] + _SCORING_S[case] + saving
