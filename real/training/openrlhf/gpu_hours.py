"""GPU-hours before anything is started: a rough figure from floating-point operations, for planning only.

Assumes H100s (989 TFLOP/s in bfloat16), 35 % of that in training, 25 % in forward passes, 5 % while generating, and
20 s a step for waking, sending weights and scoring. Nothing of this was measured on a GPU; the first steps of a run
tell better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from real.training.openrlhf.layout import Layout

if TYPE_CHECKING:
    from real.config.schema import RootCfg

_PEAK = 989e12
_TRAINING, _FORWARD, _GENERATING = 0.35, 0.25, 0.05
_OVERHEAD_S = 20.0


def step_seconds(root: RootCfg, layout: Layout) -> float:
    """Seconds of one step, with responses half as long as they may be."""
    parameters = root.model.placement.parameters
    tokens = root.trainer.rollout_batch * (root.model.max_prompt_tokens + root.model.max_response_tokens) / 2
    operations = 2 * parameters * tokens
    return _OVERHEAD_S + operations / (layout.gpus * _PEAK) * (
        1 / _GENERATING + 3 / _FORWARD + 2 * 3 * root.trainer.ppo_epochs / _TRAINING
    )


def gpu_hours(root: RootCfg, layout: Layout) -> float:
    """GPU-hours of the whole training; 0 where ``model.placement`` has no architecture."""
    if not root.model.placement.parameters:
        return 0.0
    return root.trainer.steps * step_seconds(root, layout) * layout.gpus / 3600
