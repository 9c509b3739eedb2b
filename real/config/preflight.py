"""What is said before anything starts: the plan (``dry_run=true``), or why this machine cannot follow it."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from omegaconf import OmegaConf

from real.config.machine import Machine
from real.config.plan import Job, Plan
from real.config.requirements import missing
from real.config.schema import RootCfg
from real.errors import UsageError
from real.io.columns import align
from real.io.disk import disk_errors
from real.runs.store import RunState
from real.training.openrlhf import plan as openrlhf
from real.training.openrlhf.gpu_hours import gpu_hours


def refuse_impossible(plan: Plan, here: Machine) -> None:
    """Raise ``UsageError`` where a job that is still to do cannot run here; no job has been started then."""
    pending = plan.pending()
    lacking = _count_lacking(pending, here)
    if not lacking:
        for job in pending:
            _cluster_training(job, here)  # raises where a placement cannot be
        return
    single = plan.sweep_dir is None
    what = "this machine cannot run it" if single else f"this machine cannot run this sweep of {len(plan.jobs)} jobs"
    lines = [f"  {needs}" for needs in _needs(lacking, len(pending), single=single)]
    instead = "python run.py" if single else "python run.py +exp=ablation_reward_tiny -m"
    raise UsageError(
        "\n".join([f"{what}; none was started. Missing:" if not single else f"{what}. Missing:", *lines]),
        hint=f"What runs here: {instead}\n  To see what would happen: add dry_run=true",
    )


def check_writable(output_dir: str) -> None:
    """Raise ``InfrastructureError`` where nothing can be written below ``output_dir``."""
    folder = Path(output_dir)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"0" * 65536)


def describe(plan: Plan, here: Machine) -> str:
    """What ``dry_run=true`` prints."""
    if plan.sweep_dir is None:
        parts = [_single(plan.jobs[0], here)]
    else:
        parts = [_table(plan, here), *_hours(plan, here), f"sweep directory: {plan.sweep_dir}"]
    parts.append(f"this machine: {here}")
    pending = plan.pending()
    lacking = _count_lacking(pending, here)
    if lacking:
        parts.append("it cannot run this. Missing:")
        parts += [f"  {needs}" for needs in _needs(lacking, len(pending), single=plan.sweep_dir is None)]
    else:
        parts.append("it can run this")
    parts.append("dry_run=true: nothing was started or written")
    return "\n".join(parts)


def _count_lacking(jobs: Sequence[Job], here: Machine) -> Counter[str]:
    return Counter(lack for job in jobs for lack in missing(job.root, here))


def _needs(lacking: Counter[str], total: int, *, single: bool) -> list[str]:
    if single:
        return list(lacking)
    return [f"{count} of {total} jobs: {lack}" for lack, count in lacking.most_common()]


def _single(job: Job, here: Machine) -> str:
    training = _cluster_training(job, here)
    return "\n".join(
        [
            OmegaConf.to_yaml(job.cfg, resolve=True).rstrip(),
            "",
            f"run id: {job.run_id}",
            f"directory: {job.run_dir}",
            f"would do: {_action(job)}",
            *([openrlhf.describe(job.root, training, here.gpus_gb)] if training else []),
        ]
    )


def _cluster_training(job: Job, here: Machine) -> openrlhf.TrainingPlan | None:
    """What OpenRLHF would be started with; raises ``UsageError`` where it cannot be."""
    if job.root.trainer.engine != "openrlhf" or job.root.method.name != "real":
        return None
    return openrlhf.make_training_plan(job.root, job.run_dir, len(here.gpus_gb))


def _hours(plan: Plan, here: Machine) -> list[str]:
    hours = [
        gpu_hours(job.root, training.layout) for job in plan.pending() if (training := _cluster_training(job, here))
    ]
    return [f"roughly {sum(hours):,.0f} GPU-hours on H100s (from operation counts, unmeasured)"] if hours else []


def _table(plan: Plan, here: Machine) -> str:
    rows = [["job", "run id", "would", "runs here"]]
    rows += [
        [" ".join(job.changes), job.run_id, _verb(job), "no" if missing(job.root, here) else "yes"] for job in plan.jobs
    ]
    return "\n".join([f"{len(plan.jobs)} jobs", *align(rows)])


def _verb(job: Job) -> str:
    state = job.state()
    if state is None:
        return "run"
    if job.root.force:
        return "run anew"
    return "skip" if state == RunState.DONE else "resume"


def _action(job: Job) -> str:
    verb = _verb(job)
    return "skip, it is done already" if verb == "skip" else f"{verb}: {_work(job.root)}"


def _work(root: RootCfg) -> str:
    tasks = f"{root.dataset.test_tasks or 'all'} test tasks of {root.dataset.name}"
    if root.method.name == "vanilla":
        return f"evaluate {root.model.name} on {tasks}"
    if root.method.name != "real":
        return f"train {root.model.name} with {root.method.name}, evaluate before and after on {tasks}"
    trainer = root.trainer
    rollouts = trainer.steps * trainer.rollout_batch
    updates = trainer.steps * trainer.ppo_epochs * (trainer.rollout_batch // trainer.minibatch)
    return (
        f"{trainer.steps} PPO steps of {trainer.rollout_batch} programs ({rollouts:,} programs scored, "
        f"{updates:,} updates), evaluate before and after on {tasks}"
    )
