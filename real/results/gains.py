"""Whether training raised the reward that it was given: before and after, by reward, estimator and control."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from omegaconf import OmegaConf

from real.errors import DataError
from real.evaluation.intervals import clustered_difference
from real.results.index import Entry
from real.results.labels import REWARD_LABELS, number
from real.results.render import Cell, Column, Row, Table
from real.results.task_records import task_records
from real.runs.store import RunStore

_LARGEST = 2.0  # change of a reward, which lies between -1 and 1
SHUFFLED = "shuffled rewards (control)"


@dataclass(frozen=True, slots=True)
class Gain:
    """One way of training, over its seeds: mean reward of the test tasks before and after, and the paired change.

    ``low`` and ``high``: 95 % interval of the mean over tasks of each task's change (itself averaged over the seeds,
    which share their tasks), see ``clustered_difference``.
    """

    reward: str
    estimator: str
    seeds: tuple[int, ...]
    before: float
    after: float
    change: float
    low: float
    high: float
    by_seed: tuple[float, ...]


def gain(reward: str, estimator: str, changes: Mapping[int, Mapping[str, tuple[float, float]]]) -> Gain:
    """``changes``: by seed and task, the reward before and after; tasks that a seed lacks are left out.

    Raises ``DataError`` where fewer than two tasks are left, of which no interval can be made.
    """
    tasks = sorted(set.intersection(*(set(of_seed) for of_seed in changes.values())))
    if len(tasks) < 2:
        raise DataError(
            f"the runs of {reward}, {estimator} have {len(tasks)} scored tasks in common, and two are needed"
        )
    seeds = tuple(sorted(changes))
    by_task = [statistics.fmean(changes[s][task][1] - changes[s][task][0] for s in seeds) for task in tasks]
    change, low, high = clustered_difference(by_task, _LARGEST)
    before, after = (statistics.fmean(changes[s][task][i] for s in seeds for task in tasks) for i in (0, 1))
    by_seed = tuple(statistics.fmean(changes[s][task][1] - changes[s][task][0] for task in tasks) for s in seeds)
    return Gain(reward, estimator, seeds, before, after, change, low, high, by_seed)


def gains(found: Sequence[Entry]) -> list[Gain]:
    """Every way of training among runs with figures, by reward, then estimator; those of other methods are left out."""
    ways: dict[tuple[str, str], dict[int, dict[str, tuple[float, float]]]] = {}
    for entry in found:
        run = entry.run
        if run is None or run.after is None or run.method != "real":
            continue
        of_seed = ways.setdefault((run.reward, _estimator(entry.path)), {})
        if run.seed in of_seed:
            raise DataError(
                f"{entry.run_id} and another run are both {run.reward}, seed {run.seed}, of one estimator",
                hint="They differ in another setting; a table of gains takes runs of one sweep.",
            )
        of_seed[run.seed] = _rewards(entry.path)
    return [gain(*way, changes) for way, changes in sorted(ways.items())]


def gains_table(found: Sequence[Entry]) -> Table:
    """One row a way of training; see ``Gain``."""
    columns = ("Reward", "Estimator", "Seeds", "Before", "After", "Change", "By seed", "Rises")
    rows = []
    for made in gains(found):
        interval = f"{made.change:+.3f} [{made.low:+.3f}, {made.high:+.3f}]"
        by_seed = ", ".join(f"{change:+.3f}" for change in made.by_seed)
        rises = "yes" if made.low > 0 else "falls" if made.high < 0 else "no"
        label = REWARD_LABELS.get(made.reward, made.reward)
        told = (label, made.estimator, str(len(made.seeds)), number(made.before), number(made.after), interval, by_seed)
        rows.append(Row(tuple(Cell(text) for text in (*told, rises))))
    notes = (
        "The mean of the reward that was trained on, over greedy answers to the test tasks; in brackets 95 % of the "
        "paired change, over tasks (the seeds share theirs). Rises: the whole interval is above 0.",
    )
    return Table(tuple(Column(title) for title in columns), tuple(rows), "Does training raise its own reward?", notes)


def _estimator(run: Path) -> str:
    config = OmegaConf.load(RunStore(run) / "config.yaml")
    shuffled = OmegaConf.select(config, "trainer.shuffle_rewards", default=False)
    estimator = str(OmegaConf.select(config, "trainer.estimator", default="gae"))
    return f"{estimator}, {SHUFFLED}" if shuffled else estimator


def _rewards(run: Path) -> dict[str, tuple[float, float]]:
    """By task the rewards before and after; masked ones are left out."""
    before, after = ({r.task_id: r.reward for r in task_records(run, stage)} for stage in ("before", "after"))
    both = ((task, value, after.get(task)) for task, value in before.items())
    return {task: (old, new) for task, old, new in both if old is not None and new is not None}
