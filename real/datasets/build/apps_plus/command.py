"""``build apps_plus``: function-style APPS problems with verified tests and typed references."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from real import execution, typecheck
from real.datasets import annotate
from real.datasets.annotate.annotator import Annotator
from real.datasets.build.apps_plus.prompt import prompt
from real.datasets.build.apps_plus.raw import Candidate, NotACall, candidate
from real.datasets.build.apps_plus.verify import Stage, Verified, Verifier
from real.datasets.build.funnel import funnel, render
from real.datasets.build.raw_rows import raw_rows
from real.datasets.build.split import split_by_description
from real.datasets.commands.options import at_least_one
from real.datasets.fields import BadRow, check_cells
from real.datasets.files import BrokenRow
from real.datasets.local_jsonl import to_row
from real.errors import DataError, UsageError
from real.execution import Pool
from real.io import disk
from real.io.progress import Progress
from real.typecheck import Checker
from real.typecheck.config import Policy
from real.types import CallCase, CallSuite, Check, JsonValue, Task

HELP = "filter raw APPS to functions with verified tests, and annotate a solution of each until MyPy strict is silent"
_STAGES = (
    Stage.BAD, Stage.READS_STDIN, Stage.NO_SIGNATURE, Stage.TRIVIAL, Stage.FAILS, Stage.FLAKY, Stage.UNTYPED, Stage.KEPT
)  # fmt: skip


def add(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    parser.add_argument("--raw", required=True, help="a .parquet or .jsonl file, a folder with SPLIT.*, or a hub id")
    parser.add_argument("--split", default="train", help="which split of a folder or hub id (default: train)")
    parser.add_argument("--out", required=True, type=Path, help="folder for train.jsonl, test.jsonl and funnel.json")
    parser.add_argument("--name", default="apps_plus_built", help="the name that its tasks carry")
    parser.add_argument("--solutions", type=at_least_one, default=8, help="solutions tried a problem, shortest first")
    parser.add_argument("--test-share", type=float, default=0.2, help="share of the tasks in test.jsonl (default: 0.2)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the split")
    parser.add_argument("--limit", type=at_least_one, help="only the first rows")
    parser.add_argument("--workers", type=int, default=0, help="sandbox workers (default: one per core)")
    parser.add_argument("--keep-trivial", action="store_true", help="keep tasks with a single trivial test too")
    parser.add_argument("--keep-untyped", action="store_true", help="keep tasks whose solutions could not be typed too")


def run(args: argparse.Namespace) -> int:
    """Build; returns the exit code. Resumable: what is in ``journal.jsonl`` is not done again."""
    if not 0.0 <= args.test_share <= 1.0:
        raise UsageError(f"--test-share is {args.test_share}, but it must lie in [0, 1]")
    found = list(_candidates(args))
    journal = args.out / "journal.jsonl"
    known = {str(line["key"]): line for line in (disk.read_lines(journal) if journal.exists() else [])}
    fresh = [c for c in found if isinstance(c, Candidate) and _key(c, args) not in known]
    if fresh:
        for line in _verified(fresh, args):
            disk.append_line(journal, line)
            known[str(line["key"])] = line
    tasks, records = [], []
    for item in found:
        record = dict(known[_key(item, args)]) if isinstance(item, Candidate) else dict(item)
        if isinstance(item, Candidate):
            task = _task(item, record, args.name)
            if task is not None and (record["stage"] == Stage.KEPT or args.keep_untyped):
                tasks.append(task)
        records.append(record)
    if not tasks:
        raise DataError(f"{args.raw}: no row is kept", hint=f"Most often: {_common(records)}.")
    _write(args, tasks, records)
    return 0


def _candidates(args: argparse.Namespace) -> Iterator[Candidate | dict[str, object]]:
    """Each row as a candidate, or as the record of why it is none."""
    for at, row in enumerate(raw_rows(args.raw, args.split)):
        if args.limit is not None and at >= args.limit:
            return
        if isinstance(row, BrokenRow):
            yield {"row": at, "stage": Stage.BAD, "reason": row.reason}
            continue
        try:
            check_cells(row)
            yield candidate(row)
        except NotACall as reason:
            yield {"row": at, "stage": Stage.READS_STDIN, "reason": str(reason)}
        except BadRow as bad:
            yield {"row": at, "stage": Stage.BAD, "reason": str(bad)}


def _key(found: Candidate, args: argparse.Namespace) -> str:
    versions = (annotate.VERSION, execution.VERSION, typecheck.VERSION, f"{args.solutions} {args.keep_trivial}")
    return hashlib.sha256("\0".join([*versions, repr(found)]).encode(errors="replace")).hexdigest()


def _verified(found: list[Candidate], args: argparse.Namespace) -> Iterator[dict[str, object]]:
    with Pool(args.workers) as pool, Checker(2) as checker, Checker(policy=Policy.paper) as paper:
        print(f"sandbox: {pool.describe()}", file=sys.stderr)
        verifier = Verifier(
            pool, Annotator(pool, checker), paper, solutions=args.solutions, drop_trivial=not args.keep_trivial
        )
        with ThreadPoolExecutor(pool.workers) as threads, Progress(len(found), "building", "problems") as progress:
            running = {threads.submit(verifier.verify, item): item for item in found}
            for future in as_completed(running):
                item = running[future]
                progress.advance()
                yield {"key": _key(item, args), "problem_id": item.problem_id, **_record(future.result())}


def _record(result: Verified) -> dict[str, object]:
    record = {f.name: getattr(result, f.name) for f in dataclasses.fields(result) if f.name != "suite"}
    record["cases"] = [[list(c.args), c.expected] for c in result.suite.cases] if result.suite else []
    return record


def _task(found: Candidate, record: dict[str, object], name: str) -> Task | None:
    reference = record.get("typed") or record.get("plain")
    if not isinstance(reference, str):
        return None
    cases = tuple(CallCase(expected, tuple(args)) for args, expected in record["cases"])  # type: ignore[attr-defined]
    suite = CallSuite(found.suites[0].entry, cases, prelude=True)
    made = str(record["made_by"]) if record.get("typed") else "as it came"
    return Task(
        task_id=found.problem_id,
        dataset=name,
        split="train",
        prompt=prompt(found.question, found.starter, suite),
        tests=suite,
        checks=(Check.MAINTAINABILITY,),
        entry_point=suite.entry,
        starter_code=found.starter,
        reference=reference,
        tags={"difficulty": found.difficulty, "form": "class" if "." in suite.entry else "function", "reference": made},
    )


def _write(args: argparse.Namespace, tasks: list[Task], records: list[dict[str, object]]) -> None:
    train, test = split_by_description(tasks, args.test_share, args.seed)
    for split, part in (("train", train), ("test", test)):
        if part:
            disk.write_lines(args.out / f"{split}.jsonl", [to_row(task) for task in part])
    rows = funnel(_STAGES, [str(record["stage"]) for record in records])
    typed = [record for record in records if record.get("typed")]
    first = sum(record["tried"] == 1 for record in typed)
    paper = sum(record["paper_clean"] is True for record in typed)
    summary: dict[str, JsonValue] = {
        "raw": args.raw,
        "rows": len(records),
        "funnel": [{"stage": stage, "dropped": dropped, "left": left} for stage, dropped, left in rows],
        "typed": len(typed),
        "typed_from_the_shortest_solution": first,
        "typed_and_clean_for_the_paper_policy": paper,
        "train": len(train),
        "test": len(test),
        "versions": {"annotate": annotate.VERSION, "typecheck": typecheck.VERSION, "execution": execution.VERSION},
    }
    disk.atomic_write(args.out / "funnel.json", json.dumps(summary, indent=1) + "\n")
    print(f"{args.raw}: {len(records)} rows")
    print(render(len(records), rows))
    print(
        f"typed references: {len(typed)} ({first} from the shortest solution; {paper} clean for the policy paper too)"
    )
    print(f"written: {args.out}: {len(train)} train and {len(test)} test tasks")


def _common(records: list[dict[str, object]]) -> str:
    reasons = [f"{record['stage']}: {record.get('reason', '')}" for record in records]
    return max(set(reasons), key=reasons.count) if reasons else "there is no row"
