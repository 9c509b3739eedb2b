"""Submit a plan to SLURM: freeze configurations, write batch scripts, submit arrays; leave nothing on failure."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from omegaconf import OmegaConf

from real.config import preflight
from real.config.costs import uses_one_device
from real.config.lifecycle import frozen
from real.config.plan import Plan, PlannedRun
from real.errors import RealError, UsageError
from real.io import disk
from real.io.lock import hold
from real.machine import Machine
from real.runs.environment import describe
from real.slurm import client, manifest
from real.slurm.active_jobs import active_runs
from real.slurm.batch_script import EVALUATE, TRAIN, render
from real.slurm.config import Scheduler, seconds
from real.slurm.manifest import Submission, SubmittedRun
from real.slurm.stages import ScheduledStage, cluster_trainings, is_pending, schedule_stages, unique
from real.training.openrlhf.disk_space import sweep_gb

_KEPT_NAME = 40  # characters of an experiment's name in squeue


def submit(plan: Plan, here: Machine, *, command: Sequence[str], rest: bool = False) -> Submission | None:
    """Submit what is not done; returns at once, ``None`` where everything is done.

    ``rest`` leaves out runs that are queued or running already, which are refused otherwise. Raises ``UsageError``
    or ``InfrastructureError`` with nothing left behind.
    """
    check_schedulers(plan)
    jobs = unique(plan)
    if not plan.pending():
        return None
    preflight.refuse_impossible(plan, here)
    output_dir = _output_dir(plan)
    preflight.check_writable(str(output_dir))
    with hold(output_dir / "slurm" / ".lock"):
        jobs = _without_active(jobs, output_dir, rest=rest)
        if not any(is_pending(job) for job in jobs):
            return None
        _check_disk(jobs, output_dir)
        folder = manifest.new_folder(output_dir, plan.first.exp_name)
        try:
            return _submit(folder, plan, jobs, command)
        except BaseException:  # Ctrl-C as well: half a submission is worse than none
            shutil.rmtree(folder, ignore_errors=True)
            raise


def check_schedulers(plan: Plan) -> None:
    """Raise ``UsageError`` if a run's cluster is not a SLURM cluster."""
    other = next((job.root.cluster.name for job in plan.runs if job.root.cluster.scheduler != Scheduler.slurm), None)
    if other is not None:
        raise UsageError(
            f"cluster={other} is not a SLURM cluster, so there is nothing to submit",
            hint="Choose one: cluster=slurm_1x1, slurm_1x8 or slurm_2x8 (conf/cluster). run.py runs it here.",
        )


def scripts(folder: Path, plan: Plan, made: Sequence[ScheduledStage]) -> dict[str, str]:
    """Return stage name -> batch script."""
    name = f"real-{plan.first.exp_name[:_KEPT_NAME]}"
    return {c.stage.name: render(c.stage, name=name, folder=folder, workdir=Path.cwd()) for c in made}


def _submit(folder: Path, plan: Plan, jobs: Sequence[PlannedRun], command: Sequence[str]) -> Submission:
    made = schedule_stages(jobs, tables=plan.sweep_dir is not None)
    submission = Submission(
        folder,
        tuple(
            SubmittedRun(i, job.run_id, job.run_dir, job.changes, _steps(job), is_pending(job))
            for i, job in enumerate(jobs)
        ),
        command=tuple(command),
        workdir=str(Path.cwd()),
        sweep_dir=str(plan.sweep_dir) if plan.sweep_dir else None,
        created=time.strftime("%Y-%m-%d %H:%M:%S"),
        commit=_commit(),
        force=plan.first.force,
        stages={chain.stage.name: chain.stage.indices for chain in made},
    )
    _check_times(made)
    for entry, job in zip(submission.entries, jobs, strict=True):
        disk.atomic_write(submission.config_of(entry.index), _frozen(job))
    for name, text in scripts(folder, plan, made).items():
        disk.atomic_write(folder / f"{name}.sh", text)
    submission.write()
    return _send(submission, made)


def _steps(job: PlannedRun) -> int:
    """PPO steps of a run; 0 where its method trains in another way, or not at all."""
    return 0 if uses_one_device(job.root) else job.root.trainer.steps


def _check_disk(jobs: Sequence[PlannedRun], output_dir: Path) -> None:
    """A full disk ends every run that writes a checkpoint: refuse what cannot fit together."""
    roots = cluster_trainings(jobs)
    free = shutil.disk_usage(output_dir).free / 2**30
    at_a_time = roots[0].cluster.parallel if roots else 0
    if sweep_gb(roots, at_a_time) <= free:
        return
    fits = max((n for n in range(1, len(roots)) if sweep_gb(roots, n) <= free), default=0)
    limit = f"cluster.parallel={fits} runs as many at a time as fit, or choose" if fits else "Choose"
    raise UsageError(
        f"the checkpoints of these runs need about {sweep_gb(roots, at_a_time):,.0f} GB at the peak, "
        f"and {output_dir} has {free:,.0f} GB free",
        hint=f"{limit} another disk with output_dir=FOLDER.",
    )


def _check_times(made: Sequence[ScheduledStage]) -> None:
    """SLURM takes a job that asks for more time than its partition gives, and never starts it."""
    keys = {TRAIN: "time", EVALUATE: "evaluate_time"}
    for chain in made:
        name, limit = client.time_limit(chain.stage.cluster.partition)
        allowed = _seconds(limit)
        if allowed and chain.stage.kind in keys and seconds(chain.stage.time) > allowed:
            key = f"cluster.{keys[chain.stage.kind]}"
            raise UsageError(
                f"{key} is {chain.stage.time}, but the partition {name} allows {limit}",
                hint=f"Choose {key}={limit} (a job that is not done then is queued again) or another partition.",
            )


def _seconds(limit: str) -> int:
    """``5:00``, ``1:00:00`` or ``1-00:00:00`` in seconds; 0 for ``infinite`` and what else there may be."""
    found = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)", limit)
    if not found:
        return 0
    days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def _send(submission: Submission, made: Sequence[ScheduledStage]) -> Submission:
    try:
        for chain in made:
            options = []
            if chain.after:
                ids = ":".join(submission.job_ids[name] for name in chain.after)
                options = [f"--dependency={chain.how}:{ids}", "--kill-on-invalid-dep=yes"]
            job_id = client.sbatch((submission.folder / f"{chain.stage.name}.sh").resolve(), *options)
            submission = submission.with_job(chain.stage.name, job_id)
    except BaseException:
        if submission.job_ids:
            with contextlib.suppress(RealError):  # what was refused is the news
                client.cancel(list(submission.job_ids.values()))
        raise
    return submission


def _without_active(jobs: list[PlannedRun], output_dir: Path, *, rest: bool) -> list[PlannedRun]:
    live = active_runs(output_dir)
    active = [job for job in jobs if job.run_id in live]
    if not active:
        return jobs
    if rest:
        return [job for job in jobs if job.run_id not in live]
    lines = [f"  {job.run_id}: job {live[job.run_id][0].job_id} is {live[job.run_id][0].state}" for job in active[:5]]
    more = [f"  and {len(active) - 5} more"] if len(active) > 5 else []
    raise UsageError(
        "\n".join([f"{len(active)} of {len(jobs)} runs are queued or running; nothing was submitted:", *lines, *more]),
        hint="--rest submits the others only; python slurm/cancel.py cancels; python slurm/status.py shows them.",
    )


def _output_dir(plan: Plan) -> Path:
    return (Path.cwd() / plan.first.output_dir).absolute()


def _frozen(job: PlannedRun) -> str:
    content = OmegaConf.create(frozen(job.cfg))
    content.output_dir = str(job.run_dir.parent)  # wherever the job stands
    return OmegaConf.to_yaml(content)


def _commit() -> str | None:
    commit = describe(seed=0, config_hash="", data_hash="")["git_commit"]
    return commit if isinstance(commit, str) else None
