"""What ``dry_run=true`` prints for SLURM: the jobs, their scripts, their command lines and what they may cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from real.config.cluster import seconds
from real.config.machine import Machine
from real.config.plan import Job, Plan
from real.config.requirements import missing
from real.io.columns import align
from real.slurm.submit import ScheduledStage, check_schedulers, is_pending, schedule_stages, scripts, unique

_NUMBER = "NNNN"  # the folder gets its number when it is submitted


def describe(plan: Plan, here: Machine) -> str:
    """The whole text; writes nothing and asks SLURM nothing, so it works on any machine."""
    check_schedulers(plan)
    jobs = unique(plan)
    made = schedule_stages(jobs, tables=plan.sweep_dir is not None)
    folder = (Path.cwd() / plan.first.output_dir / "slurm" / f"{_NUMBER}-{plan.first.exp_name}").absolute()
    parts = [f"{len(jobs)} jobs for SLURM, {sum(map(is_pending, jobs))} to submit\n{_table(jobs)}"]
    parts += [f"# --- {name}.sh ---\n{text}" for name, text in scripts(folder, f"real:{_NUMBER}", plan, made).items()]
    parts += _argv(jobs)
    parts.append(_cost(made))
    lacks = dict.fromkeys(lack for job in jobs if is_pending(job) for lack in missing(job.root, here))
    if lacks:
        parts.append("\n".join(["it cannot run this from here. Missing:", *(f"  {lack}" for lack in lacks)]))
    parts.append("dry_run=true: nothing was submitted or written")
    return "\n\n".join(parts)


def _table(jobs: Sequence[Job]) -> str:
    rows = [["job", "what happens", "cluster", "directory"]]
    for job in jobs:
        state = job.state()
        what = "submit" if is_pending(job) else "skip (done)"
        if state and is_pending(job):
            what = f"submit (is {state})"
        rows.append([" ".join(job.changes) or "the run", what, job.root.cluster.name, job.run_id])
    return "\n".join(align(rows))


def _argv(jobs: Sequence[Job]) -> list[str]:
    """Placement, memory and command line of OpenRLHF; the other trainers run in the job's own process."""
    from real.training.openrlhf.plan import describe as describe_training
    from real.training.openrlhf.plan import make_training_plan

    parts = []
    for job in jobs:
        if is_pending(job) and job.root.trainer.engine == "openrlhf":
            plan = make_training_plan(job.root, job.run_dir, job.root.cluster.gpus_per_node)
            parts.append(f"# --- {job.run_id} ---\n{describe_training(job.root, plan, ())}")
    return parts


def _cost(made: Sequence[ScheduledStage]) -> str:
    lines, total = [], 0.0
    for chain in made:
        stage = chain.stage
        count = max(1, len(stage.indices))
        hours = seconds(stage.time) / 3600 * stage.nodes * stage.gpus * count
        total += hours
        waits = f", after {', '.join(chain.after)}" if chain.after else ""
        what = f"{count} job{'s' if count > 1 else ''} of {stage.nodes} x {stage.gpus} GPUs for at most {stage.time}"
        lines.append(f"{stage.name}: {what} = {hours:g} GPU-hours{waits}")
    lines.append(f"at most {total:g} GPU-hours (each time a job is queued again, its limit starts anew)")
    return "\n".join(lines)
