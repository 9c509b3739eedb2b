"""Plan a training before it starts: layout, prompt schedule, command line, estimates."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from real.errors import UsageError
from real.rewards.config import CreditMode
from real.training.config import Critic, Estimator
from real.training.openrlhf import disk_space, gpu_memory, host_memory
from real.training.openrlhf.command import Files, argv, check, command
from real.training.openrlhf.flags import PINNED, known_flags
from real.training.openrlhf.gpu_hours import gpu_hours, step_seconds, training_hours
from real.training.openrlhf.layout import Layout, lay_out
from real.training.openrlhf.prompt_schedule import PromptSchedule, plan_passes

if TYPE_CHECKING:
    from real.settings import RootCfg

_PAPER_GPU_GB = 80.0  # where no GPU can be asked: those of the paper
# Rollouts and minibatches of the released runs, to compare with: the settings are files of conf/trainer/released.
RELEASED_BATCHES = {"safesql": (256, 256), "seccodeplt_plus": (512, 64), "apps_plus": (256, 256)}


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Layout, prompt schedule, files and command line of one training."""

    layout: Layout
    schedule: PromptSchedule
    files: Files
    arguments: tuple[str, ...]
    version: str


def make_training_plan(root: RootCfg, run_dir: Path, gpus_here: int) -> TrainingPlan:
    """Plan the training of ``root``; raises ``UsageError`` for an impossible placement or an unknown flag."""
    _refuse_unsupported(root)
    layout = lay_out(root, gpus_here)
    schedule = plan_passes(root.trainer.steps, root.trainer.rollout_batch, root.trainer.samples_per_prompt)
    files = Files(run_dir.absolute() / "openrlhf")
    arguments = argv(root, layout, schedule, files)
    version, known = known_flags()
    if version.split(".")[:2] != PINNED.split(".")[:2]:
        raise UsageError(
            f"OpenRLHF {version} is installed, and REAL drives {PINNED}", hint=f"pip install openrlhf=={PINNED}"
        )
    check(arguments, version, known)
    return TrainingPlan(layout, schedule, files, tuple(arguments), version)


def _updates(root: RootCfg) -> list[str]:
    """The number of policy updates, with a warning if it is far below that of the released runs."""
    trainer = root.trainer
    per_step = trainer.ppo_epochs * (trainer.samples // trainer.minibatch)
    updates = trainer.steps * per_step
    lines = [f"updates    {updates:,} of the policy, at a learning rate of {trainer.actor_lr:g}"]
    rollout, minibatch = RELEASED_BATCHES.get(root.dataset.name, (256, 256))
    theirs = root.dataset.released_steps * (rollout // minibatch)
    if 2 * updates < theirs:
        samples = root.dataset.released_steps * rollout
        lines.append(
            f"           warning: the released runs made {theirs:,} updates from {samples:,} samples (here "
            f"{trainer.steps * trainer.samples:,}); trainer=openrlhf_released has their batches"
        )
    return lines


def _refuse_unsupported(root: RootCfg) -> None:
    if root.trainer.critic_warmup_steps:
        raise UsageError(
            f"trainer.critic_warmup_steps is {root.trainer.critic_warmup_steps}, which OpenRLHF {PINNED} cannot do",
            hint="It fills the policy's buffer with stale samples while the policy waits (its pull request 1356). "
            "Use trainer.critic_warmup_steps=0, or trainer=local.",
        )
    for key in ("shuffle_rewards", "sampled_logprobs"):
        if getattr(root.trainer, key):
            raise UsageError(
                f"trainer.{key}=true is a setting of the local engine, and trainer=openrlhf would ignore it",
                hint=f"Use trainer=local, or trainer.{key}=false.",
            )
    if root.reward.credit != CreditMode.none:
        raise UsageError(
            f"reward.credit={root.reward.credit} is not possible with trainer=openrlhf: OpenRLHF {PINNED} takes one"
            " number a response",
            hint="Use trainer=local, or reward.credit=none; docs/credit.md names what OpenRLHF would have to change.",
        )
    if root.trainer.critic is Critic.shared and root.trainer.estimator is Estimator.gae:
        raise UsageError(
            f"trainer.critic=shared is not possible with trainer=openrlhf: the critic of OpenRLHF {PINNED} is a model"
            " of its own",
            hint="Leave trainer.critic out, or use trainer=local.",
        )
    tokens, longest = (
        root.model.placement.tokens_per_pass,
        root.model.max_prompt_tokens + root.model.max_response_tokens,
    )
    if 0 < tokens < longest:
        raise UsageError(
            f"model.placement.tokens_per_pass is {tokens}, but one sample may have {longest} tokens",
            hint=f"Use at least {longest}, or 0 for passes of model.placement.microbatch samples.",
        )


def describe(root: RootCfg, plan: TrainingPlan, gpus_gb: tuple[float, ...]) -> str:
    """Return placement, estimates and command line as text, for ``dry_run=true`` and the start of a run."""
    gpu_gb = min(gpus_gb, default=_PAPER_GPU_GB)
    lines = [f"placement  {plan.layout.describe()}"]
    found = gpu_memory.estimate(root, plan.layout, gpu_gb)
    if found is not None:
        lines.append(f"memory     estimated a GPU of {gpu_gb:.0f} GB: {found.describe()}")
        if warning := gpu_memory.advice(root, found, gpu_gb):
            lines.append(f"           warning: {warning}")
        host = host_memory.training_gb(root, plan.layout) or 0.0
        lines.append(f"           and about {host:.0f} GB of main memory on a node, where models sleep")
        lines.append(
            f"disk       about {disk_space.training_gb(root):.0f} GB while it trains"
            f" ({root.trainer.openrlhf.keep_checkpoints} checkpoints), {disk_space.model_gb(root):.0f} GB afterwards"
        )
        lines.append(
            f"time       {training_hours(root, plan.layout)} hours, {gpu_hours(root, plan.layout)} GPU-hours on H100s, "
            f"{step_seconds(root, plan.layout)} s a step (estimated, unmeasured)"
        )
    lines += _updates(root)
    passes = f"{plan.schedule.passes} passes over " if plan.schedule.passes > 1 else ""
    lines.append(f"data       {passes}{plan.schedule.rows:,} rows, {plan.schedule.batch} a step")
    lines.append(f"command    {shlex.join(command(plan.arguments, 'python'))}")
    return "\n".join(lines)
