"""``targets``: what supervised fine-tuning should learn, made and judged by our own reward."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from real import detector, execution, typecheck
from real.datasets import annotate, parameterise
from real.datasets.annotate.annotator import Annotator
from real.datasets.build.raw_rows import raw_rows
from real.datasets.commands.options import add_source, add_split, at_least_one, check_out, read_split
from real.datasets.files import BrokenRow
from real.datasets.local_jsonl import to_row
from real.datasets.targets import Gate, Target, makers_for
from real.execution.config import ExecutionCfg
from real.io import disk
from real.io.progress import Progress
from real.judge import Judge, JudgeCfg
from real.protocols import EvaluationProtocol
from real.types import Task

HELP = "make targets for supervised fine-tuning: rewrite or sample programs, and keep what earns the whole reward"


def add(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    add_source(parser)
    add_split(parser)
    parser.set_defaults(split="train")
    parser.add_argument("--out", required=True, type=Path, help="the file of targets, JSON Lines; what it has is kept")
    parser.add_argument("--completions", type=Path, help='JSON lines {"task_id", "completion"}: any number a task')
    parser.add_argument("--solutions", help="rows with more solutions of the same problems (raw APPS or APPS+ parquet)")
    parser.add_argument("--limit", type=at_least_one, help="only the first tasks of the split")
    parser.add_argument("--workers", type=int, default=0, help="sandbox workers (default: one per core)")
    parser.add_argument("--protocol", default="strict", choices=("strict", "paper"), help="how outputs are compared")


def run(args: argparse.Namespace) -> int:
    """Make the targets; returns the exit code, which is 1 where no task has one."""
    check_out(args)
    loaded = read_split(args)
    tasks = loaded.tasks[: args.limit]
    completions = _completions(args.completions) if args.completions else {}
    solutions = _solutions(args.solutions, args.split) if args.solutions else {}
    keys = {task.task_id: _key(task, args.protocol, completions.get(task.task_id, ())) for task in tasks}
    known = _known(args.out, keys)
    done = list(known.values())
    cfg = JudgeCfg(execution=ExecutionCfg(workers=args.workers), protocol=EvaluationProtocol(args.protocol))
    with Judge(cfg) as judge:
        annotator = Annotator(judge.pool, judge.static_checks.checker)
        gate = Gate(judge, makers_for(tasks, annotator, solutions, completions))
        fresh = [task for task in tasks if task.task_id not in known]
        with ThreadPoolExecutor(2) as threads, Progress(len(fresh), "targets", "tasks") as progress:
            for future in as_completed([threads.submit(gate.target, task) for task in fresh]):
                target = future.result()
                done.append(target)
                disk.append_line(args.out, {**_record(target), "key": keys[target.task_id]})
                progress.advance()
    _write(args.out, tasks, done, keys)
    print(_report(loaded.name, args.split, done))
    print(f"written: {args.out}")
    return 0 if any(target.response is not None for target in done) else 1


def _key(task: Task, protocol: str, given: Sequence[str]) -> str:
    versions = (annotate.VERSION, parameterise.VERSION, detector.VERSION, execution.VERSION, typecheck.VERSION)
    text = json.dumps([*versions, protocol, list(given), to_row(task)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _record(target: Target) -> dict[str, object]:
    return {
        "task_id": target.task_id,
        "response": target.response,
        "made_by": target.made_by,
        "reason": target.reason,
        "tried": target.tried,
        "safety": target.safety,
    }


def _known(path: Path, keys: Mapping[str, str]) -> dict[str, Target]:
    """What an earlier call found for the same tasks with the same code."""
    found = {}
    for line in disk.read_lines(path) if path.exists() else []:
        task_id, response = str(line.get("task_id")), line.get("response")
        if line.get("key") is not None and keys.get(task_id) == line["key"]:
            text = response if isinstance(response, str) else None
            tried = line.get("tried")
            found[task_id] = Target(
                task_id,
                text,
                str(line.get("made_by")),
                str(line.get("reason")),
                tried if isinstance(tried, int) else 0,
                str(line.get("safety", "")),
            )
    return found


def _write(path: Path, tasks: Sequence[Task], done: Sequence[Target], keys: Mapping[str, str]) -> None:
    by_task = {target.task_id: target for target in done}
    disk.write_lines(path, [{**_record(by_task[t.task_id]), "key": keys[t.task_id]} for t in tasks])


def _report(name: str, split: str, done: Sequence[Target]) -> str:
    found = [target for target in done if target.response is not None]
    lines = [f"{name}, split {split}: {len(found)} of {len(done)} tasks have a target"]
    ways = Counter(_kind(target.made_by) for target in found)
    lines += [f"  {count:>5}  {way}" for way, count in ways.most_common()]
    reasons = Counter(target.reason for target in done if target.response is None)
    lines += [f"  {count:>5}  without: {reason[:140]}" for reason, count in reasons.most_common(8)]
    return "\n".join(lines)


def _kind(made_by: str) -> str:
    """The way without its numbers: all completions count as one way, and all solutions other than the reference."""
    return re.sub(r"^(completion|solution) \d+", r"a \1", made_by)


def _completions(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for number, row in enumerate(disk.read_lines(path), 1):
        text = row.get("completion")
        if isinstance(text, str) and "task_id" in row:
            found.setdefault(str(row["task_id"]), []).append(text)
        else:
            print(f"skipped {path} line {number}: no task_id or no text 'completion'", file=sys.stderr)
    return found


def _solutions(source: str, split: str) -> dict[str, list[str]]:
    """More solutions by problem id; rows that cannot be read have none."""
    found: dict[str, list[str]] = {}
    for row in raw_rows(source, split):
        if isinstance(row, BrokenRow):
            continue
        value = row.get("solutions")
        try:
            programs = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            continue
        if isinstance(programs, list) and row.get("problem_id") is not None:
            found[str(row["problem_id"])] = [text for text in programs if isinstance(text, str)]
    return found
