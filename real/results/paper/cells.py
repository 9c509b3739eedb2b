"""Runs sorted into the cells of a table: a method on a model and a data set, all seeds of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from real.errors import DataError
from real.evaluation.metrics import RunMetrics
from real.evaluation.rates import RATE_NAMES, Metrics
from real.results.paper.specs import SIZES, MethodRow, TableSpec
from real.results.sweep import Pooled, pool


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one method on one model and data set; one run a seed. ``n`` is the tasks of one seed."""

    rates: Mapping[str, Pooled]
    runs: tuple[RunMetrics, ...]
    n: int
    masked: int
    flaky: int
    steps: str  # of training behind the rates, such as 20 or 3 to 20; empty where nothing was trained

    @property
    def seeds(self) -> int:
        """How many seeds stand behind the rates."""
        return len(self.runs)


CellKey = tuple[str, str, str]  # size, label of the method, data set


def fill(spec: TableSpec, runs: Iterable[RunMetrics]) -> dict[CellKey, Measured]:
    """The cells of the table that the runs fill; runs that belong nowhere are left out.

    Raises ``DataError`` where two runs would fill the same seed of the same cell.
    """
    seeds: dict[CellKey, dict[int, tuple[RunMetrics, Metrics]]] = defaultdict(dict)
    started: dict[CellKey, dict[int, tuple[RunMetrics, Metrics]]] = defaultdict(dict)
    for run in sorted(runs, key=lambda run: run.run_id):
        size = SIZES.get(run.model, "")
        if size not in spec.sizes or run.dataset not in spec.datasets:
            continue
        for row in spec.rows:
            key = (size, row.label, run.dataset)
            last = run.after or (run.before if run.method == "vanilla" else None)
            if row.holds(run) and last is not None:
                _place(seeds[key], run, last)
            elif row.method == "vanilla":
                # What every other run started from, where nobody evaluated the model by itself.
                started[key].setdefault(run.seed, (run, run.before))
    for key, found in started.items():
        if not seeds.get(key):
            seeds[key] = found
    return {key: _measured(found) for key, found in seeds.items() if found}


def row_runs(cells: Mapping[CellKey, Measured]) -> list[RunMetrics]:
    """The runs behind the cells, each once."""
    return list({run.run_id: run for cell in cells.values() for run in cell.runs}.values())


def _place(seeds: dict[int, tuple[RunMetrics, Metrics]], run: RunMetrics, metrics: Metrics) -> None:
    if run.seed in seeds:
        other = seeds[run.seed][0].run_id
        raise DataError(
            f"{other} and {run.run_id} would fill the same cell (seed {run.seed})",
            hint="They differ in another setting; name the folder of one sweep, or one of the two run directories.",
        )
    seeds[run.seed] = (run, metrics)


def _measured(seeds: Mapping[int, tuple[RunMetrics, Metrics]]) -> Measured:
    ordered = [seeds[seed] for seed in sorted(seeds)]
    rates = {name: pool([metrics.rates()[name] for _, metrics in ordered]) for name in RATE_NAMES}
    n = max(metrics.n for _, metrics in ordered)
    masked = sum(metrics.masked for _, metrics in ordered)
    steps = sorted({run.steps for run, metrics in ordered if metrics is run.after and run.steps})
    told = " to ".join(map(str, steps if len(steps) < 2 else (steps[0], steps[-1])))
    flaky = sum(metrics.flaky for _, metrics in ordered)
    return Measured(rates, tuple(run for run, _ in ordered), n, masked, flaky, told)


BEYOND = "*"  # behind the name of a row that the paper's table does not have


def label_of(row: MethodRow, spec: TableSpec) -> str:
    """The row's name; the miniature starts from an SFT model of its own, which is no vanilla model."""
    name = "before training" if spec.miniature and row.method == "vanilla" else row.label
    return f"{name}{BEYOND}" if row.beyond else name


def printed_in(row: MethodRow, spec: TableSpec) -> bool:
    """Whether the paper's table has the row, so that there are numbers to compare with."""
    return not (spec.miniature or row.beyond)
