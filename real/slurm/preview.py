"""The output of ``dry_run=true`` for SLURM: jobs, batch scripts, command lines, and estimates of their cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from real.config.costs import cost_of, is_distributed, total_hours
from real.config.plan import Plan, PlannedRun
from real.config.requirements import missing
from real.io.columns import align
from real.machine import Machine
from real.slurm.batch_script import EVALUATE, TRAIN
from real.slurm.config import seconds
from real.slurm.stages import ScheduledStage, cluster_trainings, is_pending, schedule_stages, unique
from real.slurm.submit import check_schedulers, scripts
from real.training.openrlhf.disk_space import model_gb, sweep_gb

_NUMBER = "NNNN"  # the folder gets its number when it is submitted


def describe(plan: Plan, here: Machine) -> str:
    """Return the whole text; writes nothing and does not call SLURM, so it works on any machine."""
    check_schedulers(plan)
    jobs = unique(plan)
    made = schedule_stages(jobs, tables=plan.sweep_dir is not None)
    folder = (Path.cwd() / plan.first.output_dir / "slurm" / f"{_NUMBER}-{plan.first.exp_name}").absolute()
    parts = [f"{len(jobs)} jobs for SLURM, {sum(map(is_pending, jobs))} to submit\n{_table(jobs)}"]
    lacks = dict.fromkeys(lack for job in jobs if is_pending(job) for lack in missing(job.root, here))
    if lacks:
        parts.append("\n".join(["it cannot run this from here. Missing:", *(f"  {lack}" for lack in lacks)]))
    parts += [f"# --- {name}.sh ---\n{text}" for name, text in scripts(folder, plan, made).items()]
    parts += _argv(jobs)
    parts += [_memory(made), *_disk(jobs), _cost(made)]
    parts.append("dry_run=true: nothing was submitted or written")
    return "\n\n".join(parts)


def _table(jobs: Sequence[PlannedRun]) -> str:
    rows = [["job", "what happens", "cluster", "directory", "estimated cost"]]
    costs = {job.run_id: cost_of(job.root) for job in jobs}
    for job in jobs:
        state = job.state()
        what = "submit" if is_pending(job) else "skip (done)"
        if state and is_pending(job):
            what = f"submit (is {state})"
        cost = costs[job.run_id]
        told = "not known" if cost is None else cost.describe()
        rows.append([" ".join(job.changes) or "the run", what, job.root.cluster.name, job.run_id, told])
    total = total_hours(costs[job.run_id] for job in jobs if is_pending(job))
    return "\n".join([*align(rows), *([total] if total else [])])


def _argv(jobs: Sequence[PlannedRun]) -> list[str]:
    """Placement, memory and command line of OpenRLHF; the other trainers run in the job's own process."""
    from real.training.openrlhf.plan import describe as describe_training
    from real.training.openrlhf.plan import make_training_plan

    parts = []
    for job in jobs:
        if is_pending(job) and is_distributed(job.root):
            plan = make_training_plan(job.root, job.run_dir, job.root.cluster.gpus_per_node)
            parts.append(f"# --- {job.run_id} ---\n{describe_training(job.root, plan, ())}")
    return parts


def _memory(made: Sequence[ScheduledStage]) -> str:
    """Estimated host memory of each stage, with a warning if ``cluster.memory_gb_per_node`` is less."""
    lines = ["main memory of a node (estimated from the models' sizes, unmeasured):"]
    for stage in (scheduled.stage for scheduled in made if scheduled.stage.kind in (TRAIN, EVALUATE)):
        available = stage.cluster.memory_gb_per_node
        needed = f"about {stage.memory_gb} GB" if stage.memory_gb else "not known for this model"
        short = f"; cluster.memory_gb_per_node is {available}, which is less" if 0 < available < stage.memory_gb else ""
        lines.append(f"  {stage.name}: {needed}{short}")
    return "\n".join(lines)


def _disk(jobs: Sequence[PlannedRun]) -> list[str]:
    """Estimated disk space of all trainings together, during and after them."""
    roots = cluster_trainings(jobs)
    peak, stays = sweep_gb(roots, roots[0].cluster.parallel if roots else 0), sum(map(model_gb, roots))
    if not peak:
        return []
    hint = "" if len(roots) == 1 else "; cluster.parallel=N runs fewer at a time"
    return [f"disk: about {peak:,.0f} GB at the peak, {stays:,.0f} GB afterwards (estimated){hint}"]


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
