"""How long a training job may take: a job that asks for less starts earlier, in the gaps between others."""

from __future__ import annotations

import math
from collections.abc import Iterable

from real.config.costs import cost_of, is_distributed, uses_one_device
from real.settings import RootCfg
from real.slurm.config import AUTO, Evaluate, seconds
from real.training.openrlhf.gpu_hours import training_hours
from real.training.openrlhf.layout import lay_out

_STARTING_H = 1.0  # Ray, vLLM, loading, and compiling on the first node; tests and analysis where nothing trains
_RESERVE = 1.25  # on the slow case of the estimate, none of which was measured on a GPU
_EVALUATIONS_H = 1.0  # before and after, where they are part of the job
_LEAST_H = 2


def training_time(root: RootCfg) -> str:
    """The time limit of a training job: ``cluster.time``, or by the model's estimate for ``auto``.

    At most ``cluster.max_time``, which is also what a run gets of which nothing is known: whatever is not done by then
    is queued again and goes on.
    """
    cluster = root.cluster
    if cluster.time != AUTO:
        return cluster.time
    estimated = _estimated_hours(root)
    if estimated is None:
        return cluster.max_time
    hours = estimated * _RESERVE + _STARTING_H
    if is_distributed(root) and cluster.evaluate == Evaluate.with_training:
        hours += _EVALUATIONS_H
    hours = max(math.ceil(hours), _LEAST_H, math.ceil(2 * cluster.warning_s / 3600))
    return f"{hours:02d}:00:00" if hours * 3600 < seconds(cluster.max_time) else cluster.max_time


def _estimated_hours(root: RootCfg) -> float | None:
    """Hours in the slow case; ``None`` where nothing is known, or the local trainer trains."""
    if is_distributed(root):
        known = root.model.placement.parameters
        return training_hours(root, lay_out(root, root.cluster.gpus_per_node)).high if known else None
    cost = cost_of(root) if uses_one_device(root) else None
    return cost.hours.high if cost is not None and cost.hours is not None else None


def longest(times: Iterable[str]) -> str:
    """The longest of several time limits; empty if there are none."""
    return max(times, key=seconds, default="")
