"""``card``: a data set's card, written from the data."""

from __future__ import annotations

import argparse
from pathlib import Path

from real.datasets.card import render
from real.datasets.commands.options import add_source
from real.datasets.sources import data_folder, open_splits
from real.results import disk

HELP = "write a data set's card: purpose, provenance, licence, counts, known defects"


def add(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    add_source(parser)
    parser.add_argument(
        "--validation",
        type=Path,
        default=Path("outputs/validation"),
        help="folder of validate's reports; what it holds of this data set goes into the card",
    )
    parser.add_argument("--out", type=Path, help="the file to write (default: standard output)")


def run(args: argparse.Namespace) -> int:
    """Write the card; returns the exit code."""
    splits = open_splits(args.name, data_folder(args.data))
    name = next(iter(splits.values())).name
    reports = {
        split: disk.read_lines(path)
        for split in splits
        if (path := args.validation / f"{name}-{split}.jsonl").is_file()
    }
    text = render(splits, reports)
    if args.out is None:
        print(text, end="")
    else:
        disk.atomic_write(args.out, text)
        print(f"written: {args.out}")
    return 0
