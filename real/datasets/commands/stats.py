"""``stats``: the paper's Table 1 beside our figures."""

from __future__ import annotations

import argparse
from pathlib import Path

from real.datasets.commands.options import add_source, check_out, read_splits, report_skipped
from real.datasets.config import EMBEDDED
from real.datasets.stats import PAPER, markdown, measure, to_csv
from real.datasets.tokens import WORDS, counter
from real.io import disk

HELP = "sizes and mean lengths in tokens, beside the paper's Table 1"


def add(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    add_source(parser, many=True)
    parser.add_argument(
        "--tokenizer",
        default=WORDS,
        help="words (default; needs nothing), a folder with a tokenizer, or a hub id such as "
        "Qwen/Qwen2.5-Coder-0.5B-Instruct",
    )
    parser.add_argument("--out", type=Path, help="also write the table there; .csv or Markdown by its suffix")


def run(args: argparse.Namespace) -> int:
    """Print the table; returns the exit code."""
    check_out(args)
    count = counter(args.tokenizer)
    names = args.name or [*PAPER, *EMBEDDED]
    rows = []
    for name in names:
        splits = read_splits(name, args.data)
        for loaded in splits.values():
            report_skipped(loaded)
        rows.append(measure(splits, count))
    table = markdown(rows, args.tokenizer)
    print(table)
    if args.out:
        disk.atomic_write(args.out, to_csv(rows, args.tokenizer) if args.out.suffix == ".csv" else table + "\n")
    return 0
