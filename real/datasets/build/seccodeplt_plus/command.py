"""``build seccodeplt_plus``: SecCodePLT rows, both programs verified, split so that no description is on both sides."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from real import detector
from real.datasets.build.funnel import funnel, render
from real.datasets.build.raw_rows import raw_rows
from real.datasets.build.seccodeplt_plus.assemble import assemble
from real.datasets.build.split import split_by_description
from real.datasets.commands.options import at_least_one
from real.datasets.contamination import LEAKS, links
from real.datasets.fields import BadRow, check_cells
from real.datasets.files import BrokenRow
from real.datasets.local_jsonl import to_row
from real.datasets.validation import RowStatus, ValidationJournal, Validator
from real.detector.rules import all_rules
from real.errors import DataError, InfrastructureError, UsageError
from real.io import disk
from real.io.progress import Progress
from real.types import JsonValue, Limits, Task

HELP = "assemble SecCodePLT rows, run both versions' capability and safety tests, and split by description"
BAD, NO_RULE, KEPT = "cannot be read", "no detector rule for its CWE", "kept"
_FALLS = (RowStatus.NEEDS_PACKAGE, RowStatus.TIMEOUT, RowStatus.FLAKY, RowStatus.INVALID)
_STAGES = (BAD, NO_RULE, *(status.value for status in _FALLS), KEPT)


@dataclass(frozen=True, slots=True)
class _Row:
    """A raw row as a task, or why it is none."""

    task: Task | None
    reason: str = ""


def add(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("--raw", required=True, help="a .jsonl or .parquet file, a folder with SPLIT.*, or a hub id")
    parser.add_argument("--split", default="train", help="which split of a folder or hub id (default: train)")
    parser.add_argument("--out", required=True, type=Path, help="folder for train.jsonl, test.jsonl and funnel.json")
    parser.add_argument("--name", default="seccodeplt_plus_built", help="the name that its tasks carry")
    parser.add_argument("--test-share", type=float, default=0.2, help="share of the tasks in test.jsonl (default: 0.2)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the split")
    parser.add_argument("--limit", type=at_least_one, help="only the first rows")
    parser.add_argument("--workers", type=int, default=0, help="sandbox workers (default: one per core)")


def run(args: argparse.Namespace) -> int:
    """Build; returns the exit code. Resumable: rows in ``journal.jsonl`` are not run again."""
    if not 0.0 <= args.test_share <= 1.0:
        raise UsageError(f"--test-share is {args.test_share}, but it must lie in [0, 1]")
    rows = list(_rows(args))
    tasks = [row.task for row in rows if row.task is not None]
    known = {rule.cwe for rule in all_rules()}
    ruled = [task for task in tasks if task.cwe in known]
    records = _verified(ruled, args)
    kept = [_tagged(task, records[task.task_id]) for task in ruled if records[task.task_id]["status"] == "valid"]
    stages = [BAD for row in rows if row.task is None] + [NO_RULE for _ in range(len(tasks) - len(ruled))]
    stages += [KEPT if records[t.task_id]["status"] == "valid" else str(records[t.task_id]["status"]) for t in ruled]
    disk.write_lines(
        args.out / "dropped.jsonl",
        [
            *({"row": at, "stage": BAD, "reason": row.reason} for at, row in enumerate(rows) if row.task is None),
            *({"task_id": t.task_id, "stage": NO_RULE, "reason": t.cwe} for t in tasks if t.cwe not in known),
            *(
                {"task_id": task_id, "stage": record["status"], "reason": record["reason"]}
                for task_id, record in records.items()
                if record["status"] != "valid"
            ),
        ],
    )
    if not kept:
        raise DataError(f"{args.raw}: no row is kept", hint=f"{args.out / 'dropped.jsonl'} says why.")
    _write(args, kept, stages)
    return 0


def _rows(args: argparse.Namespace) -> Iterator[_Row]:
    seen: set[str] = set()
    for at, row in enumerate(raw_rows(args.raw, args.split)):
        if args.limit is not None and at >= args.limit:
            return
        if isinstance(row, BrokenRow):
            yield _Row(None, row.reason)
            continue
        try:
            check_cells(row)
            task = assemble(row, args.name)
            if task.task_id in seen:
                raise BadRow(f"id {task.task_id!r} occurs twice")
        except BadRow as bad:
            yield _Row(None, str(bad))
            continue
        seen.add(task.task_id)
        yield _Row(task)


def _verified(tasks: Sequence[Task], args: argparse.Namespace) -> dict[str, Mapping[str, object]]:
    """The record of each task: both programs through the sandbox (twice) and the detector."""
    with Validator(args.workers) as validator:
        print(f"sandbox: {validator.pool.describe()}", file=sys.stderr)
        journal = ValidationJournal(
            args.out / "journal.jsonl", (validator.protocol, validator.pool.isolation, repr(Limits()))
        )
        records: dict[str, Mapping[str, object]] = {}
        for task in tasks:
            if (known := journal.get(task)) is not None:
                records[task.task_id] = known
        fresh = [task for task in tasks if task.task_id not in records]
        with Progress(len(fresh), "verifying", "rows") as progress:
            for task, report in zip(fresh, validator.validate(fresh), strict=True):
                records[task.task_id] = journal.put(task, report)
                progress.advance()
    failed = sum(record["status"] == RowStatus.MACHINE for record in records.values())
    if failed:
        raise InfrastructureError(f"the machine failed {failed} rows", hint="Run the same command again: it resumes.")
    return records


def _tagged(task: Task, record: Mapping[str, object]) -> Task:
    """The task with the detector's rule of its CWE, and what that rule says to its two programs."""
    assert task.cwe is not None
    said = {}
    for role, code in (("reference", task.reference), ("unsafe", task.unsafe)):
        findings = detector.scan(code, select=[task.cwe]).findings if code is not None else ()
        said[f"detector_{role}"] = "reported" if findings else "silent"
    return replace(task, tags={**task.tags, "rule": task.cwe, **said})


def _write(args: argparse.Namespace, kept: list[Task], stages: list[str]) -> None:
    train, test = split_by_description(kept, args.test_share, args.seed)
    for split, part in (("train", train), ("test", test)):
        if part:
            disk.write_lines(args.out / f"{split}.jsonl", [to_row(task) for task in part])
    shared = Counter(
        link.kind for link in links(train, test) if link.later.split == "test" and link.earlier.split == "train"
    )
    rows = funnel(_STAGES, stages)
    told_apart = sum(t.tags["detector_reference"] == "silent" and t.tags["detector_unsafe"] == "reported" for t in kept)
    summary: dict[str, JsonValue] = {
        "raw": args.raw,
        "rows": len(stages),
        "funnel": [{"stage": stage, "dropped": dropped, "left": left} for stage, dropped, left in rows],
        "train": len(train),
        "test": len(test),
        "told_apart_by_the_rule_of_the_cwe": told_apart,
        "shared_between_train_and_test": dict(shared),
        "detector": detector.VERSION,
    }
    disk.atomic_write(args.out / "funnel.json", json.dumps(summary, indent=1) + "\n")
    print(f"{args.raw}: {len(stages)} rows")
    print(render(len(stages), rows))
    print(f"the rule of the CWE tells the two programs of {told_apart} of {len(kept)} tasks apart")
    print(f"train and test tasks that leak into one another: {sum(shared[kind] for kind in LEAKS)} pairs")
    print(f"written: {args.out}: {len(train)} train and {len(test)} test tasks")
