"""``validate``: every reference and unsafe twin through extraction, sandbox, detector and type checker."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from real.datasets.commands.options import add_source, add_split, at_least_one, folder, read_split
from real.datasets.loading import Loaded
from real.datasets.validation import RowResult, RowStatus, ValidationJournal, Validator
from real.datasets.validation.journal import record_of
from real.datasets.validation.summary import render
from real.errors import InfrastructureError
from real.io import disk
from real.io.progress import Progress
from real.types import Limits

HELP = "run every reference and unsafe twin; report each row as valid, invalid, flaky, timeout or needs-package"
_FINE = (RowStatus.VALID, RowStatus.UNCHECKED)


def add(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    add_source(parser)
    add_split(parser)
    parser.add_argument("--limit", type=at_least_one, help="only the first tasks of the split")
    parser.add_argument("--out", type=folder, default=Path("outputs/validation"), help="folder of journal and report")
    parser.add_argument("--workers", type=int, default=0, help="sandbox workers (default: one per core)")
    parser.add_argument("--protocol", default="strict", choices=("strict", "paper"), help="how outputs are compared")
    parser.add_argument(
        "--min-isolation", default="medium", choices=("weak", "medium", "strong"), help="refuse to run below this level"
    )


def run(args: argparse.Namespace) -> int:
    """Validate, print the table and write ``{name}-{split}.jsonl``; returns the exit code.

    0: every row is valid or has no program; 1: some are not. Raises ``InfrastructureError`` where the machine failed
    some rows: the same command tries them again.
    """
    loaded = read_split(args)
    stem = f"{loaded.name}-{loaded.split}"
    with Validator(args.workers, protocol=args.protocol, min_isolation=args.min_isolation) as validator:
        print(f"sandbox: {validator.pool.describe()}", file=sys.stderr)
        journal = ValidationJournal(
            args.out / f"{stem}.journal.jsonl", (args.protocol, validator.pool.isolation, repr(Limits()))
        )
        records = _validate(loaded, args.limit, validator, journal)
    disk.write_lines(args.out / f"{stem}.jsonl", records)
    print(render(f"{loaded.name}, split {loaded.split} ({args.protocol})", records))
    print(f"written: {args.out / stem}.jsonl")
    if failed := sum(record["status"] == RowStatus.MACHINE for record in records):
        raise InfrastructureError(f"the machine failed {failed} rows", hint="Run the same command again: it resumes.")
    return 0 if all(record["status"] in _FINE for record in records) else 1


def _validate(
    loaded: Loaded, limit: int | None, validator: Validator, journal: ValidationJournal
) -> list[dict[str, object]]:
    tasks = loaded.tasks[:limit]
    records = {task.task_id: known for task in tasks if (known := journal.get(task)) is not None}
    fresh = [task for task in tasks if task.task_id not in records]
    if records:
        print(f"{len(records)} of {len(tasks)} rows are known from {journal.path}", file=sys.stderr)
    with Progress(len(fresh), "validating", "rows") as progress:
        for task, report in zip(fresh, validator.validate(fresh), strict=True):
            records[task.task_id] = journal.put(task, report)
            progress.advance()
    rows = [records[task.task_id] for task in tasks]
    for row in loaded.skipped:
        rows.append({**record_of(RowResult(row.row_id or f"row {row.index}", RowStatus.INVALID, row.reason))})
    return rows
