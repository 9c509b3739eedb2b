"""Everything about a training that is known before it starts: placement, passes, command line, estimates."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from real.errors import UsageError
from real.training.openrlhf import gpu_memory
from real.training.openrlhf.command import Files, argv, check, command
from real.training.openrlhf.flags import PINNED, known_flags
from real.training.openrlhf.gpu_hours import gpu_hours, step_seconds
from real.training.openrlhf.layout import Layout, lay_out
from real.training.openrlhf.prompt_schedule import PromptSchedule, plan_passes

if TYPE_CHECKING:
    from real.config.schema import RootCfg

_PAPER_GPU_GB = 80.0  # where no GPU can be asked: those of the paper


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What would be launched."""

    layout: Layout
    schedule: PromptSchedule
    files: Files
    arguments: tuple[str, ...]
    version: str


def make_training_plan(root: RootCfg, run_dir: Path, gpus_here: int) -> TrainingPlan:
    """Plan the training of ``root``; raises ``UsageError`` for an impossible placement or an unknown flag."""
    layout = lay_out(root, gpus_here)
    schedule = plan_passes(root.trainer.steps, root.trainer.rollout_batch)
    files = Files(run_dir.absolute() / "openrlhf")
    arguments = argv(root, layout, schedule, files)
    version, known = known_flags()
    if version.split(".")[:2] != PINNED.split(".")[:2]:
        raise UsageError(
            f"OpenRLHF {version} is installed, and REAL drives {PINNED}", hint=f"pip install openrlhf=={PINNED}"
        )
    check(arguments, version, known)
    return TrainingPlan(layout, schedule, files, tuple(arguments), version)


def describe(root: RootCfg, plan: TrainingPlan, gpus_gb: tuple[float, ...]) -> str:
    """Placement, estimates and command line, for ``dry_run=true`` and the beginning of a run."""
    gpu_gb = min(gpus_gb, default=_PAPER_GPU_GB)
    lines = [f"placement  {plan.layout.describe()}"]
    found = gpu_memory.estimate(root, plan.layout, gpu_gb)
    if found is not None:
        lines.append(f"memory     estimated a GPU of {gpu_gb:.0f} GB: {found.describe()}")
        if warning := gpu_memory.advice(root, found, gpu_gb):
            lines.append(f"           warning: {warning}")
        hours = gpu_hours(root, plan.layout)
        seconds = step_seconds(root, plan.layout)
        lines.append(
            f"time       roughly {hours:.0f} GPU-hours on H100s, {seconds:.0f} s a step"
            " (from operation counts, unmeasured)"
        )
    passes = f"{plan.schedule.passes} passes over " if plan.schedule.passes > 1 else ""
    lines.append(f"data       {passes}{plan.schedule.rows:,} rows, {plan.schedule.batch} a step")
    lines.append(f"command    {shlex.join(command(plan.arguments, 'python'))}")
    return "\n".join(lines)
