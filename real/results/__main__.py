"""``python -m real.results``: rebuild the report, the table or the sweep figure from run directories."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from real.errors import DataError, RealError
from real.evaluation.metrics import RunMetrics, read_run
from real.io import console
from real.io.disk import atomic_write
from real.results.render import FORMATS, render
from real.results.tables import before_after_table, sweep_table


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, or the exit code of the error that it prints (3: missing or damaged files)."""
    console.protect()
    arguments = _parser().parse_args(argv)
    commands = {"report": _report, "table": _table, "sweep": _sweep}
    try:
        commands[arguments.command](arguments)
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # `... | head` has seen enough
        sys.stderr.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.results", description="Report, tables and figures of runs.")
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="rebuild report.html and the figures of a run")
    report.add_argument("run", type=Path, metavar="RUN_DIR")
    table = commands.add_parser("table", help="pass rates before and after, of one run or several")
    table.add_argument("runs", type=Path, nargs="+", metavar="RUN_DIR")
    table.add_argument("--format", choices=FORMATS, default="md")
    sweep = commands.add_parser("sweep", help="runs that differ in reward, model, data set or seed: table and figure")
    sweep.add_argument("runs", type=Path, nargs="+", metavar="DIR", help="run directories, or folders that hold some")
    sweep.add_argument("--format", choices=FORMATS, default="md", help="of the table on standard output")
    sweep.add_argument(
        "--out", type=Path, help="folder for sweep.{md,csv,tex,png,svg} (default: the folder of the runs)"
    )
    return parser


def _report(arguments: argparse.Namespace) -> None:
    from real.results.report import write_report

    print(write_report(arguments.run))


def _table(arguments: argparse.Namespace) -> None:
    print(render(before_after_table([read_run(path) for path in arguments.runs]), arguments.format), end="")


def _sweep(arguments: argparse.Namespace) -> None:
    runs = _runs_under(arguments.runs)
    table = sweep_table(runs)
    print(render(table, arguments.format), end="")
    from real.results.figures import sweep_figure
    from real.results.style import save

    first: Path = arguments.runs[0]
    out: Path = arguments.out or (first.resolve().parent if (first / "metrics.json").exists() else first)
    for fmt, suffix in zip(FORMATS, ("md", "csv", "tex"), strict=True):
        atomic_write(out / f"sweep.{suffix}", render(table, fmt))
    save(sweep_figure(runs), out, "sweep")
    print(f"written: {out}/sweep.{{md,csv,tex,png,svg}}", file=sys.stderr)


def _runs_under(paths: Sequence[Path]) -> list[RunMetrics]:
    """Every finished run at or under the paths; one that is unfinished or damaged is named and left out."""
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            raise DataError(f"{path} is no directory")
        folders = sorted({file.parent for name in ("metrics.json", "status") for file in path.rglob(name)})
        found.update(dict.fromkeys(folder.resolve() for folder in folders))
    runs = []
    for folder in found:
        try:
            runs.append(read_run(folder))
        except DataError as error:
            print(f"left out: {error}", file=sys.stderr)
    if not runs:
        raise DataError(
            f"no finished run under {', '.join(map(str, paths))}", hint="A finished run holds metrics.json."
        )
    return runs


if __name__ == "__main__":
    raise SystemExit(main())
