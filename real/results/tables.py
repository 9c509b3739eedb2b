"""Contents of the before/after table and of the sweep table; ``render.render`` writes Markdown, CSV or LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

from real.evaluation.metrics import RunMetrics
from real.evaluation.rates import RATE_NAMES, Metrics, Rate
from real.results.index import Entry
from real.results.labels import METRIC_LABELS, interval, number, points, rate_text, sampling_methods
from real.results.render import Cell, Column, Row, Table
from real.results.sweep import BEFORE, Group, Pooled, gather, variant_of
from real.runs.store import RunStore


def before_after_table(runs: Sequence[RunMetrics]) -> Table:
    """Two or three rows a run: before, after, and the paired change; best marks compare within a run."""
    labels = [Column(title) for title in ("Model", "Dataset", "Seed", "Policy")]
    rates = [Column(METRIC_LABELS[name], compared=True) for name in RATE_NAMES]
    rows = [row for run in runs for row in _rows_of(run)]
    notes = (
        "95 % intervals in brackets: Wilson for rates, Newcombe's paired interval for changes.",
        *_protocols(runs),
        *_samples(runs),
        *_masked(runs),
    )
    return Table((*labels, *rates, Column("n")), tuple(rows), "Pass rates before and after training", notes)


def sweep_table(runs: Sequence[RunMetrics]) -> Table:
    """Rows: model and reward variant; columns: the three rates for each data set, as in the paper's Table 4."""
    groups = gather(runs)
    datasets = list(dict.fromkeys(group.dataset for group in groups))
    columns = [Column("Model"), Column("Trained with"), Column("Seeds")]
    columns += [Column(METRIC_LABELS[name], group=d, compared=True) for d in datasets for name in RATE_NAMES]
    places: dict[tuple[str, str], dict[str, Group]] = {}
    for group in groups:
        places.setdefault((group.model, group.variant), {})[group.dataset] = group
    rows = []
    for (model, variant), by_dataset in places.items():
        counts = sorted({len(group.seeds) for group in by_dataset.values()})
        seeds = " to ".join(str(count) for count in (counts if len(counts) < 2 else (counts[0], counts[-1])))
        cells = [Cell(model), Cell(variant), Cell(seeds)]
        for dataset in datasets:
            found = by_dataset.get(dataset)
            cells += [_pooled_cell(found.rates[name]) if found else Cell("") for name in RATE_NAMES]
        # "Before" is the point of reference, not a contender, yet the paper ranks its vanilla row too.
        rows.append(Row(tuple(cells), block=model))
    notes = (
        f"Mean over seeds ± standard deviation between seeds [95 % Wilson interval of all seeds' samples pooled]; "
        f"the seeds share their test tasks. “{BEFORE.capitalize()}” is the policy that every variant starts from.",
        *_protocols(runs),
        *_masked(runs),
    )
    return Table(tuple(columns), tuple(rows), "Pass rates by reward", notes)


def runs_table(found: Sequence[Entry]) -> Table:
    """One row a run with figures: what it took, of which commit, and by whom it was judged."""
    titles = ("Run", "Seed", "Steps", "Minutes", "Commit", "Processors", "Protocol", "Judges")
    rows = []
    for entry in found:
        run = entry.run
        assert run is not None  # the caller's choice
        made = RunStore(entry.path).read_environment() if (entry.path / "env.json").exists() else {}
        commit = str(made.get("git_commit") or "")[:7] + (" and changes" if made.get("git_dirty") else "")
        judges = ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items()))
        told = (entry.run_id, run.seed, run.steps, f"{run.seconds / 60:.0f}", commit, made.get("cpu_count", ""))
        rows.append(Row(tuple(Cell(str(value)) for value in (*told, run.protocol, judges))))
    return Table(tuple(Column(title) for title in titles), tuple(rows), "Runs", ())


def _protocols(runs: Sequence[RunMetrics]) -> list[str]:
    """Whose rules judged which test tasks; figures of different ones should not be compared."""
    kinds = sorted({(run.protocol, run.subset, run.sampling.describe()) for run in runs})
    named = " and ".join(f"protocol {protocol} on {subset} test tasks, {how}" for protocol, subset, how in kinds)
    mixed = " These are not comparable with one another." if len(kinds) > 1 else ""
    sampled = sampling_methods(run.method for run in runs)
    return [" ".join([f"Judged by {named}.{mixed}", *sampled])] if runs else []


def _samples(runs: Sequence[RunMetrics]) -> list[str]:
    """pass@k of runs with several samples a task."""
    notes = []
    for run in runs:
        for stage, metrics in (("before", run.before), ("after", run.after)):
            larger = {k: rates for k, rates in metrics.pass_at_k.items() if k != "1"} if metrics else {}
            for k, rates in larger.items():
                told = ", ".join(f"{METRIC_LABELS[name]} {number(rates[name])}" for name in RATE_NAMES)
                notes.append(f"{run.run_id}, {stage}: pass@{k} {told}.")
    return [*notes, "Rates are pass@1; their intervals allow for samples of a task being alike."] if notes else []


def _masked(runs: Sequence[RunMetrics]) -> list[str]:
    count = sum(run.before.masked + (run.after.masked if run.after else 0) for run in runs)
    noun = "sample was" if count == 1 else "samples were"
    return [f"{count} {noun} left out after failures of the machine, not of the programs."] if count else []


def _rows_of(run: RunMetrics) -> list[Row]:
    labels = (Cell(run.model), Cell(run.dataset), Cell(str(run.seed)))
    block = run.run_id
    rows = [Row((*labels, Cell(BEFORE), *_rate_cells(run.before), Cell(str(run.before.n))), block)]
    if run.after is None:
        return rows
    after = f"after {run.steps} steps, {variant_of(run)}"
    rows.append(Row((*labels, Cell(after), *_rate_cells(run.after), Cell(str(run.after.n))), block))
    changes = [_change_cell(run.difference[name]) if name in run.difference else Cell("") for name in RATE_NAMES]
    rows.append(Row((*labels, Cell("change"), *changes, Cell("")), block))
    return rows


def _rate_cells(metrics: Metrics) -> list[Cell]:
    rates = metrics.rates()
    return [_rate_cell(rates[name]) for name in RATE_NAMES]


def _rate_cell(rate: Rate) -> Cell:
    numbers = {"": rate.rate, "low": rate.low, "high": rate.high}
    return Cell(rate_text(rate.rate, rate.low, rate.high), rate.rate, numbers)


def _change_cell(change: tuple[float, float, float]) -> Cell:
    return Cell(points(*change), None, dict(zip(("", "low", "high"), change, strict=True)))


def _pooled_cell(rate: Pooled) -> Cell:
    spread = "" if rate.sd is None else f" ± {number(rate.sd)}"
    text = f"{number(rate.mean)}{spread} {interval(rate.pooled.low, rate.pooled.high)}"
    numbers = {"": rate.mean, "low": rate.pooled.low, "high": rate.pooled.high}
    if rate.sd is not None:
        numbers |= {"sd": rate.sd, "min": min(rate.by_seed), "max": max(rate.by_seed)}
    return Cell(text, rate.mean, numbers)
