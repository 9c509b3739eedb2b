"""Tables 2 to 5: ours with its interval, the paper's value, the difference; best and second best marked in each."""

from __future__ import annotations

from collections.abc import Sequence

from real.evaluation.metrics import RunMetrics
from real.evaluation.rates import RATE_NAMES
from real.results.labels import METRIC_LABELS, interval, number, points, sampling_methods
from real.results.paper.cells import BEYOND, CellKey, Measured, fill, label_of, printed_in, row_runs
from real.results.paper.mixing import judged_by, refuse_mixtures
from real.results.paper.numbers import TEST_SIZES, Place, rate
from real.results.paper.specs import DATASETS, MethodRow, TableSpec
from real.results.render import Cell, Column, Row, Table
from real.results.sweep import Pooled

NOT_RUN = "not yet run"
_EMPTY = Cell("")


def paper_table(spec: TableSpec, runs: Sequence[RunMetrics], *, allow_mixed: bool = False) -> Table:
    """The table of ``spec`` filled from ``runs``; cells that no run fills say that they were not run.

    Raises ``DataError`` where the runs that fill it were judged by different versions, protocols, subsets or data
    (``allow_mixed`` marks it instead), or where two of them claim one cell.
    """
    cells = fill(spec, runs)
    used = row_runs(cells)
    mixed = refuse_mixtures(used, allow=allow_mixed)
    columns = [Column("# Params"), Column("Method"), Column("")]
    for dataset in spec.datasets:
        columns += [Column(METRIC_LABELS[name], group=DATASETS[dataset], compared=True) for name in RATE_NAMES]
        columns.append(Column("n", group=DATASETS[dataset]))
    rows = [line for size in spec.sizes for row in spec.rows for line in _lines(spec, size, row, cells)]
    prefix = "" if spec.miniature else f"Table {spec.number}. "
    return Table(tuple(columns), tuple(rows), prefix + spec.caption, (*mixed, *_notes(spec, used, cells)))


def _lines(spec: TableSpec, size: str, row: MethodRow, cells: dict[CellKey, Measured]) -> list[Row]:
    """The paper's line, ours, and the difference, as far as there are any."""
    measured = {d: cells.get((size, row.label, d)) for d in spec.datasets}
    told = {
        (d, name): rate(Place(spec.number, size, row.label, d, name)) if printed_in(row, spec) else None
        for d in spec.datasets
        for name in RATE_NAMES
    }
    paper: list[Cell] = []
    ours: list[Cell] = []
    change: list[Cell] = []
    for dataset in spec.datasets:
        found = measured[dataset]
        for name in RATE_NAMES:
            theirs = told[dataset, name]
            mine = found.rates[name] if found else None
            paper.append(_EMPTY if theirs is None else _printed(spec, size, dataset, name, theirs))
            ours.append(_pooled(mine) if mine else _EMPTY)
            change.append(_difference(mine, theirs))
        paper.append(Cell(str(TEST_SIZES.get(dataset, ""))))
        ours.append(_count(found))
        change.append(_EMPTY)
    labels = (Cell(size), Cell(label_of(row, spec)))
    lines = [Row((*labels, Cell("paper"), *paper), size, "paper")] if printed_in(row, spec) else []
    lines.append(Row((*labels, Cell("ours" if any(measured.values()) else f"ours: {NOT_RUN}"), *ours), size, "ours"))
    if any(cell.text for cell in change):
        # Differences are no contest: a contest of one row has no best.
        lines.append(Row((*labels, Cell("Δ"), *change), size, f"Δ {row.label}"))
    return lines


def _printed(spec: TableSpec, size: str, dataset: str, name: str, value: float) -> Cell:
    """A number of the paper; it is ranked only where the numbers of all methods can be read."""
    rows = [row for row in spec.rows if printed_in(row, spec)]
    column = [rate(Place(spec.number, size, row.label, dataset, name)) for row in rows]
    return Cell(number(value, 4), None if None in column else value, {"": value})


def _pooled(rate: Pooled) -> Cell:
    spread = "" if rate.sd is None else f" ± {number(rate.sd)}"
    text = f"{number(rate.mean)}{spread} {interval(rate.pooled.low, rate.pooled.high)}"
    numbers = {"": rate.mean, "low": rate.pooled.low, "high": rate.pooled.high}
    return Cell(text, rate.mean, numbers if rate.sd is None else {**numbers, "sd": rate.sd})


def _difference(mine: Pooled | None, theirs: float | None) -> Cell:
    if mine is None or theirs is None:
        return _EMPTY
    return Cell(points(mine.mean - theirs), None, {"": mine.mean - theirs})


def _count(found: Measured | None) -> Cell:
    if found is None:
        return Cell(NOT_RUN)
    return Cell(str(found.n) if found.seeds == 1 else f"{found.n}, {found.seeds} seeds")


def _notes(spec: TableSpec, used: Sequence[RunMetrics], cells: dict[CellKey, Measured]) -> list[str]:
    places = len(spec.sizes) * len(spec.rows) * len(spec.datasets)
    filled = f"{len(cells)} of {places} measurements (a method on a data set) are there"
    if spec.miniature:
        first = (
            "A miniature: a model of 0.7 million parameters on generated tasks, warm-started here. Its numbers say "
            f"nothing about the models of the paper. {filled}."
        )
    else:
        first = f"“paper” is what the paper prints; an empty cell of it cannot be read in its text. {filled}."
    notes = [first, "Best in bold, second best underlined, among the paper's rows and ours apart."]
    if any(row.beyond for row in spec.rows):
        notes.append(f"Rows marked {BEYOND} are ours: the paper's table does not have them.")
    if any(cell.seeds > 1 for cell in cells.values()):
        notes.append("Several seeds: mean ± standard deviation between seeds; they share their test tasks.")
    if used:
        told = ["In brackets: 95 % Wilson interval (seeds pooled).", _judges(used[0])]
        notes.append(" ".join(told + sampling_methods(run.method for run in used)))
    trained = {f"{label} on {DATASETS[d]}, {size}": cell for (size, label, d), cell in cells.items() if cell.steps}
    if trained:
        notes.append("Training steps: " + "; ".join(f"{name}: {cell.steps}" for name, cell in trained.items()) + ".")
    if any(run.sampling.samples > 1 for run in used):
        notes.append("Rates are pass@1, and n counts samples; intervals allow for samples of a task being alike.")
    flaky = sum(cell.flaky for cell in cells.values())
    if flaky:
        notes.append(f"{flaky} programs were flaky (two runs of their tests differed): a run of each alone counts.")
    masked = sum(cell.masked for cell in cells.values())
    if masked:
        notes.append(f"{masked} samples were left out after failures of the machine, not of the programs.")
    return notes


def _judges(run: RunMetrics) -> str:
    told = dict(judged_by(run))
    named = ("protocol", "subset", "sampling")
    versions = ", ".join(f"{name} {value}" for name, value in told.items() if name not in named)
    return f"Protocol {told['protocol']}, {told['subset']} test tasks, {told['sampling']}; {versions}."
