"""``paper``, ``export``, ``archive`` and ``sync``: results that leave the store."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from real.errors import DataError, UsageError
from real.evaluation.metrics import RunMetrics
from real.io.disk import atomic_write, write_json
from real.results import load
from real.results.archive import archive
from real.results.experiments import experiments, rebuild, write
from real.results.index import distinct, entries, name_left_out
from real.results.paper.cells import fill
from real.results.paper.imported import counts_of
from real.results.paper.overview import datasets_table, detectors_table
from real.results.paper.specs import SPECS, TableSpec, spec_of
from real.results.paper.tables import paper_table
from real.results.render import SUFFIXES, Table, render
from real.types import JsonValue

EXPERIMENTS = Path("experiments")
_LIST = "`python -m real.results list FOLDER` shows what is there."
_KINDS = 3  # of runs that a message names


def add(commands: Any) -> None:  # noqa: ANN401 - argparse's own type is private
    """Add the commands to the parser."""
    paper = commands.add_parser("paper", help="a table or figure of the paper, filled from runs")
    what = paper.add_subparsers(dest="what", required=True)
    table = what.add_parser("table", help="Tables 1 to 5 of the paper, and Table 6, detectors compared")
    table.add_argument("number", type=int, choices=(1, *SPECS, 6))
    table.add_argument("folders", type=Path, nargs="*", metavar="DIR", help="runs (default: outputs, where it exists)")
    table.add_argument("--format", choices=tuple(SUFFIXES), default="md")
    table.add_argument("--out", type=Path, metavar="STEM", help="write STEM.md, .csv, .tex and .html instead")
    table.add_argument("--protocol", help="by whose rules the runs were judged (default: the only one, or else paper)")
    table.add_argument("--subset", default="all", help="which test tasks (default: all)")
    table.add_argument("--miniature", action="store_true", help="the same rows from runs of the embedded miniature")
    table.add_argument("--allow-mixed", action="store_true", help="mix versions, protocols and subsets; marked")
    table.add_argument(
        "--sarif", action="append", type=_named_file, metavar="NAME=FILE", help="Table 6: what another detector reports"
    )
    table.add_argument("--programs", type=Path, metavar="FOLDER", help="what it scanned: detector_pairs.py --write")
    table.add_argument("--keep", type=Path, metavar="FILE", help="write the counts from --sarif, to be committed")
    table.set_defaults(command=_table)
    figure = what.add_parser("figure", help="Figure 3: one task through training, beside the reward components")
    figure.add_argument("number", type=int, choices=(3,))
    figure.add_argument("run", type=Path, metavar="RUN_DIR")
    figure.add_argument("--task", help="task id (default: the first that ends right after it began wrong)")
    figure.add_argument("--out", type=Path, metavar="STEM", help="STEM.svg and STEM.png (default: RUN/figures/figure3)")
    figure.set_defaults(command=_figure)
    export = commands.add_parser("export", help="every frame of a store as a file of its own")
    export.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    export.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    export.add_argument("--format", choices=("csv", "parquet"), default="csv")
    export.set_defaults(command=_export)
    send = commands.add_parser("sync", help="send the offline W&B runs below a folder to the server")
    send.add_argument("folders", type=Path, nargs="*", metavar="DIR", default=[Path("outputs")])
    send.add_argument("--dry-run", action="store_true", help="name what would be sent")
    send.set_defaults(command=_sync)
    again = commands.add_parser("rebuild", help="every table and figure of experiments/, from what is committed there")
    again.add_argument("folder", type=Path, nargs="?", default=EXPERIMENTS, metavar="DIR")
    again.add_argument("--check", action="store_true", help="write nothing; exit code 3 where a file would change")
    again.set_defaults(command=_rebuild)
    pack = commands.add_parser("archive", help="runs packed small, to be committed: records, no weights")
    pack.add_argument("runs", type=Path, nargs="+", metavar="RUN_DIR")
    pack.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    pack.set_defaults(command=_archive)


def _table(arguments: argparse.Namespace) -> None:
    table = _build(arguments)
    if arguments.out is None:
        print(render(table, arguments.format), end="")
        return
    for path in write_table(table, arguments.out):
        print(path)


def write_table(table: Table, stem: Path) -> list[Path]:
    """``STEM.md``, ``.csv``, ``.tex`` and ``.html``."""
    paths = []
    for fmt, suffix in SUFFIXES.items():
        path = stem.with_name(f"{stem.name}.{suffix}")
        atomic_write(path, render(table, fmt))
        paths.append(path)
    return paths


def _build(arguments: argparse.Namespace) -> Table:
    folders: list[Path] = arguments.folders
    if arguments.number == 1:
        return datasets_table(folders[0] if folders else EXPERIMENTS / "table1_datasets" / "datasets.csv")
    if arguments.number == 6:
        files = folders or sorted((EXPERIMENTS / "detector_accuracy").glob("*.json"))
        imported = _imported(arguments)
        table = detectors_table(files, imported)
        if arguments.keep is not None:
            write_json(arguments.keep, next(iter(imported.values())))
        return table
    if arguments.sarif or arguments.programs or arguments.keep:
        raise UsageError("--sarif, --programs and --keep belong to Table 6, detectors compared")
    spec = spec_of(arguments.number)
    spec = spec.in_miniature() if arguments.miniature else spec
    named = bool(folders)
    if not named and Path("outputs").is_dir():
        folders = [Path("outputs")]
    runs = _runs(folders, arguments)
    if named and not fill(spec, runs):
        _nothing_to_show(spec, runs, arguments)
    return paper_table(spec, runs, allow_mixed=arguments.allow_mixed)


def _named_file(text: str) -> tuple[str, Path]:
    name, separator, file = text.partition("=")
    if not (name and separator and file):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FILE, such as CodeQL=codeql.sarif")
    return name, Path(file)


def _imported(arguments: argparse.Namespace) -> dict[str, dict[str, JsonValue]]:
    """What each ``--sarif`` says of the programs, by NAME=FILE."""
    files: list[tuple[str, Path]] = arguments.sarif or []
    if files and arguments.programs is None:
        raise UsageError(
            "--sarif needs --programs, the folder that the detector scanned",
            hint="`python benchmarks/detector_pairs.py --data DATA --write FOLDER` makes it.",
        )
    names = [name for name, _ in files]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(
            f"--sarif names {', '.join(twice)} twice",
            hint="Each detector is one row: give each file a name of its own.",
        )
    if arguments.keep is not None and len(files) != 1:
        raise UsageError("--keep is for the counts of one --sarif")
    return {f"{name}={file}": counts_of(name, file, arguments.programs) for name, file in files}


def _nothing_to_show(spec: TableSpec, runs: Sequence[RunMetrics], arguments: argparse.Namespace) -> NoReturn:
    """Raise ``DataError``: the folders that were named fill no cell of the table."""
    where = ", ".join(map(str, arguments.folders))
    if not runs:
        raise DataError(f"no finished run under {where} was judged as asked", hint=_LIST)
    kinds = sorted({f"{run.method} ({run.reward}) of {run.model} on {run.dataset}" for run in runs})
    wanted = f"{' or '.join(row.method for row in spec.rows)} on {' or '.join(spec.datasets)}"
    miniature = "" if arguments.miniature else " Runs of the embedded miniatures fill it with --miniature."
    raise DataError(
        f"no run under {where} belongs into this table: it wants {wanted}, and there is {'; '.join(kinds[:_KINDS])}"
        + (f" and {len(kinds) - _KINDS} more kinds" if len(kinds) > _KINDS else ""),
        hint=f"{_LIST}{miniature}",
    )


def _runs(folders: Sequence[Path], arguments: argparse.Namespace) -> list[RunMetrics]:
    """The runs with figures that were judged as asked; the others are named on standard error."""
    found = entries(folders)
    name_left_out(found)
    every = [entry.run for entry in distinct(found) if entry.run is not None]
    if arguments.allow_mixed:
        return every
    protocols = {run.protocol for run in every}
    protocol = arguments.protocol or (protocols.pop() if len(protocols) == 1 else "paper")
    runs = [run for run in every if (run.protocol, _name(run.subset)) == (protocol, arguments.subset)]
    if len(runs) < len(every):
        print(
            f"left out: {len(every) - len(runs)} runs of another protocol or subset than {protocol} and "
            f"{arguments.subset} (--protocol, --subset)",
            file=sys.stderr,
        )
    return runs


def _name(subset: str) -> str:
    """``clean`` of ``clean-v2``: records name the version of the rule as well."""
    return subset.partition("-")[0]


def _figure(arguments: argparse.Namespace) -> None:
    from real.results.paper.figure3 import figure3
    from real.results.style import save

    stem: Path = arguments.out or arguments.run / "figures" / "figure3"
    for path in save(figure3(arguments.run, arguments.task), stem.parent, stem.name):
        print(path)


def _export(arguments: argparse.Namespace) -> None:
    frames = load(*arguments.folders)
    for field in fields(frames):
        path = arguments.out / f"{field.name}.{arguments.format}"
        frame = getattr(frames, field.name)
        if arguments.format == "csv":
            atomic_write(path, frame.to_csv(index=False, lineterminator="\n"))
        else:
            atomic_write(path, frame.map(_storable).to_parquet(index=False))
        print(path)


def _sync(arguments: argparse.Namespace) -> None:
    from real.results.wandb_runs import sync

    for folder in sync(arguments.folders, dry_run=arguments.dry_run):
        print(folder)


def _rebuild(arguments: argparse.Namespace) -> None:
    stale = []
    for experiment in experiments(arguments.folder):
        if arguments.check:
            stale += [path for path, new in rebuild(experiment) if not path.exists() or path.read_bytes() != new]
        else:
            changed = write(experiment)
            print(f"{experiment.folder.name}: {', '.join(path.name for path in changed) or 'as it was'}")
    if stale:
        raise DataError(
            f"{len(stale)} files are not what the committed results give: {', '.join(map(str, stale))}",
            hint="make experiments writes them anew.",
        )


def _storable(value: object) -> object:
    """A nested record as text: Parquet wants one type a column."""
    return str(value) if isinstance(value, list | dict) else value


def _archive(arguments: argparse.Namespace) -> None:
    if arguments.out.is_file():
        raise UsageError(f"--out {arguments.out} is a file, but a folder is expected")
    unfinished = [run for run in arguments.runs if not run.is_dir()]
    if unfinished:
        raise DataError(f"{unfinished[0]} is no directory")
    for folder in archive(arguments.runs, arguments.out):
        print(folder)
