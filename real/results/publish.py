"""Write the tables, figures and HTML report of a finished run."""

from __future__ import annotations

from pathlib import Path

from real.evaluation.metrics import RunMetrics, read_run
from real.io.disk import atomic_write
from real.results.render import FORMATS, render
from real.results.report import write_report
from real.results.tables import before_after_table
from real.results.terminal import before_after
from real.runs.store import RunStore


def publish(store: RunStore) -> list[Path]:
    """Write ``table.{md,csv,tex}``, ``figures/`` and ``report.html`` from ``metrics.json``, and print the table.

    Returns the files.
    """
    run = read_run(store.path)
    table = before_after_table([run])
    for form, suffix in zip(FORMATS, ("md", "csv", "tex"), strict=True):
        atomic_write(store / f"table.{suffix}", render(table, form))
    report = write_report(store.path)
    print(f"\n{before_after(run.before, run.after, run.difference)}\n\nreport: {report}", flush=True)
    tables = [store / f"table.{suffix}" for suffix in ("md", "csv", "tex")]
    return [report, *tables, *sorted(path for path in (store / "figures").glob("*") if path.is_file())]


def headline(run: RunMetrics) -> dict[str, float]:
    """The pass rates of a run as flat figures, for trackers: ``before/function``, ``after/func_qual``, …"""
    stages = {"before": run.before, "after": run.after}
    return {
        f"{stage}/{name}": rate.rate
        for stage, metrics in stages.items()
        if metrics
        for name, rate in metrics.rates().items()
    }
