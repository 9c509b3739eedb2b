"""Two runs on the same tasks: their rates, the paired difference, and the tasks on which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from real.errors import DataError
from real.evaluation.intervals import newcombe_paired
from real.evaluation.metrics import read_run
from real.evaluation.paired import Pairs, mcnemar, paired_bootstrap
from real.evaluation.rates import RATE_NAMES, Rate
from real.results.paper.mixing import refuse_mixtures
from real.results.task_records import TaskRecord, stages_of, task_records


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric: both rates over the tasks judged in both runs, second minus first with its 95 % interval.

    ``difference`` has Newcombe's interval, ``bootstrap`` the paired bootstrap's, ``p_value`` is McNemar's exact test's.
    ``gained`` and ``lost`` are the tasks that only the second, or only the first, passes.
    """

    metric: str
    first: Rate
    second: Rate
    difference: tuple[float, float, float]
    bootstrap: tuple[float, float, float]
    p_value: float
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that is compared; ``notes`` say what had to be left out."""

    first: str
    second: str
    metrics: tuple[Compared, ...]
    notes: tuple[str, ...]


def compare(first: Path, second: Path, *, allow_mixed: bool = False) -> Comparison:
    """Compare the last evaluation of two runs (``RUN``) or a named one (``RUN:before``).

    Raises ``DataError`` where they were judged by different versions, protocols, subsets or data (``allow_mixed``
    notes it instead), share no task, or recorded nothing.
    """
    sides = [_side(first), _side(second)]
    for run, _ in sides:
        _refuse_samples(run)
    notes = refuse_mixtures([read_run(run) for run, _ in sides], allow=allow_mixed)
    old, new = ({r.task_id: r for r in task_records(run, stage)} for run, stage in sides)
    shared = [task for task in old if task in new]
    if not shared:
        raise DataError(f"{first} and {second} have no task in common", hint="Were they evaluated on one data set?")
    dropped = len(old) + len(new) - 2 * len(shared)
    notes += (f"{dropped} tasks that only one of them answered are left out.",) if dropped else ()
    metrics = tuple(_compared(name, [(old[task], new[task]) for task in shared]) for name in RATE_NAMES)
    names = [f"{run.name} ({stage})" for run, stage in sides]
    return Comparison(names[0], names[1], metrics, notes)


def _refuse_samples(run: Path) -> None:
    sampling = read_run(run).sampling
    if sampling.samples > 1:
        raise DataError(
            f"{run} has {sampling.describe()}, and two runs are compared task by task, with one answer each",
            hint="`python -m real.results show RUN` has its pass@k; real.results.load() has every sample.",
        )


def _side(text: Path) -> tuple[Path, str]:
    name, _, stage = str(text).rpartition(":")
    run = Path(name) if name and not text.exists() else text
    stages = stages_of(run)
    if not stages:
        raise DataError(f"{run} recorded no evaluation", hint="A run records outcomes_before.jsonl when it is judged.")
    if run is text:
        return run, stages[-1]
    if stage not in stages:
        raise DataError(f"{run} has no evaluation {stage!r}", hint=f"It has {' and '.join(stages)}.")
    return run, stage


def _compared(name: str, pairs: Sequence[tuple[TaskRecord, TaskRecord]]) -> Compared:
    judged = [(old, new) for old, new in pairs if old.func_qual is not None and new.func_qual is not None]
    marks = [(bool(getattr(old, name)), bool(getattr(new, name))) for old, new in judged]
    counts = [marks.count(key) for key in ((True, True), (True, False), (False, True), (False, False))]
    n = len(judged)
    return Compared(
        metric=name,
        first=Rate.of(counts[0] + counts[1], n),
        second=Rate.of(counts[0] + counts[2], n),
        difference=newcombe_paired(*counts),
        bootstrap=paired_bootstrap(Pairs(*counts)),
        p_value=mcnemar(Pairs(*counts)),
        gained=tuple(new.task_id for (_, new), mark in zip(judged, marks, strict=True) if mark == (False, True)),
        lost=tuple(new.task_id for (_, new), mark in zip(judged, marks, strict=True) if mark == (True, False)),
    )
