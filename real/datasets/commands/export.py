"""``export``: tasks as JSON Lines, to edit and load again."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from real.datasets.commands.options import add_source, add_split, check_out, read_split
from real.datasets.local_jsonl import to_row
from real.io import disk

HELP = "write the tasks of a split as JSON Lines"


def add(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    add_source(parser)
    add_split(parser)
    parser.add_argument("--out", required=True, type=Path, help="the file to write")


def run(args: argparse.Namespace) -> int:
    """Write the file; returns the exit code."""
    check_out(args)
    loaded = read_split(args)
    lines = [json.dumps(to_row(task), ensure_ascii=False) + "\n" for task in loaded.tasks]
    disk.atomic_write(args.out, "".join(lines))
    print(f"{len(loaded.tasks)} tasks of {loaded.name}, split {loaded.split}, written to {args.out}")
    return 0
