"""``report``, ``table`` and ``sweep``: the documents of one run or several, built anew from their directories."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from real.evaluation.metrics import read_run
from real.io.disk import atomic_write
from real.results.index import finished, is_run, name_left_out
from real.results.paper.mixing import refuse_mixtures
from real.results.render import FORMATS, SUFFIXES, render
from real.results.tables import before_after_table, sweep_table


def add(commands: Any) -> None:  # noqa: ANN401 - argparse's own type is private
    """Add the three commands to the parser."""
    report = commands.add_parser("report", help="the page about a run, or about an experiment of several")
    report.add_argument("runs", type=Path, nargs="+", metavar="DIR", help="one run directory, or several, or folders")
    report.add_argument(
        "--out", type=Path, help="of a page about several (default: experiment.html in the first folder)"
    )
    report.add_argument("--allow-mixed", action="store_true", help="although versions or protocols differ; marked")
    report.set_defaults(command=_report)
    table = commands.add_parser("table", help="pass rates before and after, of one run or several")
    table.add_argument("runs", type=Path, nargs="+", metavar="RUN_DIR")
    table.add_argument("--format", choices=tuple(SUFFIXES), default="md")
    table.set_defaults(command=_table)
    sweep = commands.add_parser("sweep", help="runs that differ in reward, model, data set or seed: table and figure")
    sweep.add_argument("runs", type=Path, nargs="+", metavar="DIR", help="run directories, or folders that hold some")
    sweep.add_argument("--format", choices=FORMATS, default="md", help="of the table on standard output")
    sweep.add_argument(
        "--out", type=Path, help="folder for sweep.{md,csv,tex,png,svg} (default: the folder of the runs)"
    )
    sweep.add_argument("--allow-mixed", action="store_true", help="although versions or protocols differ; marked")
    sweep.set_defaults(command=_sweep)


def _report(arguments: argparse.Namespace) -> None:
    from real.results.experiment_report import write_experiment_report
    from real.results.report import write_report

    first: Path = arguments.runs[0]
    alone = len(arguments.runs) == 1 and not arguments.out and (not first.is_dir() or is_run(first))
    if alone:
        print(write_report(first))
        return
    out: Path = arguments.out or (first.resolve().parent if is_run(first) else first) / "experiment.html"
    print(write_experiment_report(arguments.runs, out, allow_mixed=arguments.allow_mixed))


def _table(arguments: argparse.Namespace) -> None:
    print(render(before_after_table([read_run(path) for path in arguments.runs]), arguments.format), end="")


def _sweep(arguments: argparse.Namespace) -> None:
    runs, left_out = finished(arguments.runs)
    name_left_out(left_out)
    mixed = refuse_mixtures(runs, allow=arguments.allow_mixed)
    table = sweep_table(runs)
    table = replace(table, notes=(*mixed, *table.notes))
    print(render(table, arguments.format), end="")
    from real.results.figures import sweep_figure
    from real.results.style import save

    first: Path = arguments.runs[0]
    out: Path = arguments.out or (first.resolve().parent if (first / "metrics.json").exists() else first)
    for fmt in FORMATS:
        atomic_write(out / f"sweep.{SUFFIXES[fmt]}", render(table, fmt))
    save(sweep_figure(runs), out, "sweep")
    print(f"written: {out}/sweep.{{md,csv,tex,png,svg}}", file=sys.stderr)
