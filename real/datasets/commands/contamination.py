"""``contamination``: leaks between train and test and inside a split, and the clean test subset."""

from __future__ import annotations

import argparse
from pathlib import Path

from real.datasets.commands.options import add_source, check_out, read_splits, report_skipped
from real.datasets.contamination import KINDS, NEAR, leaked, links
from real.datasets.subset import RULE, unclean
from real.io import disk

HELP = "report tasks that share description, code, tests or function, or nearly so; list the clean test subset"


def add(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    add_source(parser)
    parser.add_argument("--out", type=Path, help="write every test task with what it shares, as JSON Lines")


def run(args: argparse.Namespace) -> int:
    """Print the counts; returns the exit code, which is 0 whatever was found: a leak is a fact, not a failure."""
    check_out(args)
    splits = read_splits(args.name, args.data)
    for loaded in splits.values():
        report_skipped(loaded)
    train, test = (splits[split].tasks if split in splits else [] for split in ("train", "test"))
    found = links(train, test)
    name = next(iter(splits.values())).name
    print(f"{name}: {len(train)} train and {len(test)} test tasks (near-duplicate: similarity of at least {NEAR})")
    print(f"  {'tasks that share':<18}{'test with train':>17}{'inside test':>13}{'inside train':>14}")
    for kind in KINDS:
        pairs = (("test", "train"), ("test", "test"), ("train", "train"))
        counts = [len(leaked(found, kind, split, other)) for split, other in pairs]
        print(f"  {kind:<18}{counts[0]:>17}{counts[1]:>13}{counts[2]:>14}")
    removed = unclean(test, found)
    against = "" if "train" in splits else " against itself only: the train split is not at hand"
    print(f"  clean test subset ({RULE}): {len(test) - len(removed)} of {len(test)}{against}")
    if args.out:
        disk.write_lines(
            args.out,
            [
                {
                    "task_id": task.task_id,
                    "clean": task.task_id not in removed,
                    "rule": RULE,
                    "shares": [
                        {
                            "kind": link.kind,
                            "split": link.earlier.split,
                            "task_id": link.earlier.task_id,
                            "similarity": round(link.similarity, 3),
                        }
                        for link in removed.get(task.task_id, ())
                    ],
                }
                for task in test
            ],
        )
        print(f"written: {args.out}")
    return 0
