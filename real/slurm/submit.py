"""A checked plan becomes SLURM jobs: configurations frozen, scripts written, arrays submitted, or nothing at all."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from omegaconf import OmegaConf

from real.config import preflight
from real.config.cluster import ClusterCfg, seconds
from real.config.lifecycle import frozen
from real.config.machine import Machine
from real.config.plan import Job, Plan
from real.errors import RealError, UsageError
from real.io import disk
from real.io.lock import hold
from real.runs.environment import describe
from real.runs.store import RunState
from real.slurm import client, manifest
from real.slurm.active_jobs import active_runs
from real.slurm.batch_script import EVALUATE, TABLES, TRAIN, Stage, render
from real.slurm.manifest import Submission, SubmittedRun

_KEPT_NAME = 40  # characters of an experiment's name in squeue


@dataclass(frozen=True)
class ScheduledStage:
    """A script and the names of those it waits for, with SLURM's word for how."""

    stage: Stage
    after: tuple[str, ...] = ()
    how: str = ""


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
        folder = manifest.new_folder(output_dir, plan.first.exp_name)
        try:
            return _submit(folder, plan, jobs, command)
        except BaseException:  # Ctrl-C as well: half a submission is worse than none
            shutil.rmtree(folder, ignore_errors=True)
            raise


def check_schedulers(plan: Plan) -> None:
    """Raise ``UsageError`` where a job is not for SLURM."""
    other = next((job.root.cluster.name for job in plan.jobs if job.root.cluster.scheduler != "slurm"), None)
    if other is not None:
        raise UsageError(
            f"cluster={other} is not a SLURM cluster, so there is nothing to submit",
            hint="Choose one: cluster=slurm_1x1, slurm_1x8 or slurm_2x8 (conf/cluster). run.py runs it here.",
        )


def unique(plan: Plan) -> list[Job]:
    """The plan's jobs without those that come to the same run."""
    return list({job.run_id: job for job in plan.jobs}.values())


def is_pending(job: Job) -> bool:
    """Whether there is something left to compute."""
    return job.root.force or job.state() != RunState.DONE


def schedule_stages(jobs: Sequence[Job], *, tables: bool) -> list[ScheduledStage]:
    """Train, then evaluate, then tables, for ``jobs`` numbered as in the manifest; one array per kind of resources."""
    groups: dict[str, list[int]] = {}
    clusters: dict[str, tuple[ClusterCfg, bool]] = {}
    for index, job in enumerate(jobs):
        if is_pending(job):
            ray = job.root.trainer.engine == "openrlhf"
            key = f"{job.root.cluster}{ray}"
            groups.setdefault(key, []).append(index)
            clusters[key] = (job.root.cluster, ray)
    made: list[ScheduledStage] = []
    for number, (key, indices) in enumerate(groups.items(), 1):
        made += _group(jobs, indices, *clusters[key], label="" if number == 1 else f"-{number}")
    if tables and made:
        after = tuple(chain.stage.name for chain in made)
        made.append(ScheduledStage(Stage(TABLES, made[0].stage.cluster), after, "afterany"))
    return made


def _group(
    jobs: Sequence[Job], indices: Sequence[int], cluster: ClusterCfg, ray: bool, *, label: str
) -> list[ScheduledStage]:
    if cluster.evaluate == "with_training":
        return [ScheduledStage(Stage(TRAIN, cluster, tuple(indices), ray, label))]
    trained = [i for i in indices if jobs[i].state() == RunState.TRAINED and not jobs[i].root.force]
    rest = tuple(i for i in indices if i not in trained)
    made = []
    if rest:
        train = Stage(TRAIN, cluster, rest, ray, label)
        # Each evaluation waits for its own training only, and goes where that has failed.
        made = [
            ScheduledStage(train),
            ScheduledStage(Stage(EVALUATE, cluster, rest, ray, label), (train.name,), "aftercorr"),
        ]
    if trained:
        made.append(ScheduledStage(Stage(EVALUATE, cluster, tuple(trained), ray, f"{label}-trained")))
    return made


def scripts(folder: Path, key: str, plan: Plan, made: Sequence[ScheduledStage]) -> dict[str, str]:
    """The text of every batch script by its name."""
    name = f"real-{plan.first.exp_name[:_KEPT_NAME]}"
    return {c.stage.name: render(c.stage, name=name, key=key, folder=folder, workdir=Path.cwd()) for c in made}


def _submit(folder: Path, plan: Plan, jobs: Sequence[Job], command: Sequence[str]) -> Submission:
    made = schedule_stages(jobs, tables=plan.sweep_dir is not None)
    submission = Submission(
        folder,
        tuple(
            SubmittedRun(i, job.run_id, job.run_dir, job.changes, job.root.trainer.steps, is_pending(job))
            for i, job in enumerate(jobs)
        ),
        key=manifest.new_key(),
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
    for name, text in scripts(folder, submission.key, plan, made).items():
        disk.atomic_write(folder / f"{name}.sh", text)
    submission.write()
    return _send(submission, made)


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
            job_id = client.sbatch(submission.folder / f"{chain.stage.name}.sh", *options)
            submission = submission.with_job(chain.stage.name, job_id)
    except BaseException:
        if submission.job_ids:
            with contextlib.suppress(RealError):  # what was refused is the news
                client.cancel(list(submission.job_ids.values()))
        raise
    return submission


def _without_active(jobs: list[Job], output_dir: Path, *, rest: bool) -> list[Job]:
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


def _frozen(job: Job) -> str:
    content = OmegaConf.create(frozen(job.cfg))
    content.output_dir = str(job.run_dir.parent)  # wherever the job stands
    return OmegaConf.to_yaml(content)


def _commit() -> str | None:
    commit = describe(seed=0, config_hash="", data_hash="")["git_commit"]
    return commit if isinstance(commit, str) else None
