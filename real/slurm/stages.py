"""Group the runs of a submission into SLURM jobs and their dependencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from real.config.costs import is_distributed, uses_one_device
from real.config.plan import Plan, PlannedRun
from real.runs.store import RunState
from real.settings import RootCfg
from real.slurm.batch_script import EVALUATE, TABLES, TRAIN, Stage
from real.slurm.config import Evaluate
from real.slurm.resources import evaluation_memory, folders_of, training_memory
from real.slurm.time_limits import longest, training_time


@dataclass(frozen=True)
class ScheduledStage:
    """A stage, the names of the stages it depends on, and the kind of dependency (``aftercorr``, ``afterany``)."""

    stage: Stage
    after: tuple[str, ...] = ()
    how: str = ""


def unique(plan: Plan) -> list[PlannedRun]:
    """Return the plan's runs without duplicates of the same run id."""
    return list({job.run_id: job for job in plan.runs}.values())


def is_pending(job: PlannedRun) -> bool:
    """Whether a run is not done yet, or is to be done again."""
    return job.root.force or job.state() != RunState.DONE


def cluster_trainings(jobs: Sequence[PlannedRun]) -> list[RootCfg]:
    """Return the configurations of the runs that OpenRLHF still has to train."""
    return [job.root for job in jobs if is_pending(job) and is_distributed(job.root)]


def schedule_stages(jobs: Sequence[PlannedRun], *, tables: bool) -> list[ScheduledStage]:
    """Return train, evaluate and tables stages for ``jobs``, numbered as in the manifest; one array for each set of
    resources.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, job in enumerate(jobs):
        if is_pending(job):
            root = job.root
            memory = (training_memory(root), evaluation_memory(root))
            kind = (str(root.cluster), is_distributed(root), uses_one_device(root), memory)
            groups.setdefault(kind, []).append(index)
    made: list[ScheduledStage] = []
    for number, indices in enumerate(groups.values(), 1):
        made += _group(jobs, indices, label="" if number == 1 else f"-{number}")
    if tables and made:
        after = tuple(scheduled.stage.name for scheduled in made)
        made.append(ScheduledStage(Stage(TABLES, made[0].stage.cluster), after, "afterany"))
    return made


def _group(jobs: Sequence[PlannedRun], indices: Sequence[int], *, label: str) -> list[ScheduledStage]:
    """The stages of runs that need the same resources."""
    root = jobs[indices[0]].root

    def stage(kind: str, runs: Sequence[int], memory_gb: int, suffix: str = "") -> Stage:
        folders = tuple(dict.fromkeys(folder for run in runs for folder in folders_of(jobs[run].root)))
        time = longest(training_time(jobs[run].root) for run in runs)
        spread, single = is_distributed(root), uses_one_device(root)
        return Stage(kind, root.cluster, tuple(runs), spread, f"{label}{suffix}", memory_gb, time, folders, single)

    train_gb, evaluate_gb = training_memory(root), evaluation_memory(root)
    # What uses one device leaves no others idle while it evaluates.
    if root.cluster.evaluate == Evaluate.with_training or uses_one_device(root):
        return [ScheduledStage(stage(TRAIN, indices, max(train_gb, evaluate_gb)))]
    trained = [i for i in indices if jobs[i].state() == RunState.TRAINED and not jobs[i].root.force]
    rest = [i for i in indices if i not in trained]
    made = []
    if rest:
        train = stage(TRAIN, rest, train_gb)
        # Each evaluation waits for its own training only, and goes where that has failed.
        made = [ScheduledStage(train), ScheduledStage(stage(EVALUATE, rest, evaluate_gb), (train.name,), "aftercorr")]
    if trained:
        made.append(ScheduledStage(stage(EVALUATE, trained, evaluate_gb, "-trained")))
    return made
