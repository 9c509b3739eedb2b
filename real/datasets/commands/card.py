"""``card``: a data set's card, written from the data."""

from __future__ import annotations

import argparse
from pathlib import Path

from real.datasets.build.safesql.manifest import SHIPPED
from real.datasets.card import render
from real.datasets.commands.options import add_source, check_out, read_splits
from real.datasets.sources import local_folders
from real.io import disk

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
    check_out(args)
    splits = read_splits(args.name, args.data)
    name = next(iter(splits.values())).name
    reports = {
        split: disk.read_lines(path)
        for split in splits
        if (path := args.validation / f"{name}-{split}.jsonl").is_file()
    }
    text = render(splits, reports, _funnel(args.name, args.data))
    if args.out is None:
        print(text, end="")
    else:
        disk.atomic_write(args.out, text)
        print(f"written: {args.out}")
    return 0


def _funnel(name: str, data: str | None) -> dict[str, object] | None:
    """What the builder of the data set wrote: beside its splits, or in the manifest that is shipped with it."""
    beside = (Path(name), *([Path(data) / name] if data else local_folders(name)))
    for path in (*(folder / "funnel.json" for folder in beside), SHIPPED / f"{name}.json"):
        if path.is_file():
            record = disk.read_json(path)
            inner = record.get("funnel")
            return inner if isinstance(inner, dict) else record
    return None
