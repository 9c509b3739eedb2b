"""Options that several commands have."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from real.datasets import load_path, load_splits
from real.datasets.loading import Loaded
from real.datasets.sources import ENVIRONMENT, LOCAL
from real.io import disk

OPTION = "--data FOLDER"


def add_source(parser: argparse.ArgumentParser, *, many: bool = False) -> None:
    """The data set (or several) and the folder to look in."""
    parser.add_argument(
        "name",
        nargs="*" if many else None,
        help="a data set, a .parquet or .jsonl file, or a folder with {split}.parquet",
    )
    parser.add_argument(
        "--data", help=f"folder that holds the data sets by name (default: ${ENVIRONMENT}, then {LOCAL}, then the hub)"
    )


def add_split(parser: argparse.ArgumentParser) -> None:
    """The split, and the seed of the embedded generator."""
    parser.add_argument("--split", default="test", help="train or test (default: test)")
    parser.add_argument("--data-seed", type=int, default=0, help="seed of the embedded generator (default: 0)")


def read_split(args: argparse.Namespace) -> Loaded:
    """The split that the options name; skipped rows are listed on standard error."""
    loaded = load_path(args.name, args.split, data_seed=args.data_seed, folder=args.data, option=OPTION)
    report_skipped(loaded)
    return loaded


def read_splits(name: str, data: str | None) -> dict[str, Loaded]:
    """Every split of a data set that is at hand, train first; skipped rows are not listed."""
    return load_splits(name, folder=data, option=OPTION)


def report_skipped(loaded: Loaded) -> None:
    """List the rows that could not become tasks on standard error."""
    for row in loaded.skipped:
        print(f"skipped row {row.index} {row.row_id}: {row.reason}", file=sys.stderr)


def check_out(args: argparse.Namespace) -> None:
    """Raise ``UsageError`` before the work where ``--out`` cannot be written, or is a file that the command reads."""
    if args.out is None:
        return
    names = args.name if isinstance(args.name, list) else [args.name]
    inputs = {f"the data set {name}": name for name in names}
    inputs |= {f"--{key}": vars(args)[key] for key in ("completions", "solutions") if vars(args).get(key)}
    disk.check_output(args.out, "--out", inputs, parents=True)


def at_least_one(text: str) -> int:
    """A whole number from 1; for ``type=`` of argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


def folder(text: str) -> Path:
    """A folder that exists or can be made; for ``type=`` of argparse."""
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return path
