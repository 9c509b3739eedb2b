"""``python -m real.datasets show|export``: look at tasks, or write them as JSON Lines to edit and load again."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from real.datasets import Loaded, load_path
from real.datasets.config import DatasetCfg
from real.datasets.local_jsonl import to_row
from real.errors import DataError, InfrastructureError, RealError
from real.prompts import messages
from real.types import AttackSuite, CallSuite, LiteralSuite, ScriptSuite, Suite, Task

SHOWN_CASES = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0, or that of the error it ends on)."""
    args = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], None] = args.command
    try:
        command(args)
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stderr.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m real.datasets", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, command, text in (
        ("show", _show, "print one task: prompt, tests, attacks, reference, unsafe twin"),
        ("export", _export, "write the tasks of a split as JSON Lines"),
    ):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        sub.add_argument("name", help="a data set, a .parquet or .jsonl file, or a folder with {split}.parquet")
        sub.add_argument("--split", default="test", help="train or test (default: test)")
        sub.add_argument("--data-seed", type=int, default=0, help="seed of the embedded generator (default: 0)")
        if name == "show":
            sub.add_argument("--index", type=int, default=0, help="which task, from 0 (default: 0)")
        else:
            sub.add_argument("--out", required=True, type=Path, help="the file to write")
    return parser


def _load(args: argparse.Namespace) -> Loaded:
    loaded = load_path(args.name, args.split, cfg=DatasetCfg(data_seed=args.data_seed))
    for row in loaded.skipped:
        print(f"skipped row {row.index} {row.row_id}: {row.reason}", file=sys.stderr)
    return loaded


def _export(args: argparse.Namespace) -> None:
    loaded = _load(args)
    lines = [json.dumps(to_row(task), ensure_ascii=False) + "\n" for task in loaded.tasks]
    try:
        args.out.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise InfrastructureError(f"cannot write {args.out}: {error.strerror}") from error
    print(f"{len(lines)} tasks of {loaded.name}, split {loaded.split}, written to {args.out}")


def _show(args: argparse.Namespace) -> None:
    loaded = _load(args)
    if not 0 <= args.index < len(loaded.tasks):
        raise DataError(f"there is no task {args.index}: {loaded.name}, split {loaded.split}, has {len(loaded.tasks)}")
    print(f"{loaded.name}, split {loaded.split}: {len(loaded.tasks)} tasks, hash {loaded.content_hash[:12]}\n")
    print(render(loaded.tasks[args.index]))


def render(task: Task) -> str:
    """A task as text for the terminal."""
    facts = [f"task {task.task_id}", *([task.cwe] if task.cwe else []), f"checks: {', '.join(task.checks)}"]
    facts += [f"{key}: {value}" for key, value in task.tags.items() if len(value) < 40]
    parts = [" | ".join(facts)]
    parts += [f"── {message.role} ──\n{message.content}" for message in messages(task)]
    parts += [f"── tests ──\n{_suite(task.tests)}"]
    parts += [f"── safety tests ──\n{_suite(task.safety)}"] if task.safety else []
    parts += [f"── reference ──\n{task.reference}"] if task.reference else []
    parts += [f"── unsafe ──\n{task.unsafe}"] if task.unsafe else []
    return "\n\n".join(parts)


def _suite(suite: Suite) -> str:
    match suite:
        case ScriptSuite(cases=cases):
            lines = [f"{case.stdin!r} -> {case.expected!r}" for case in cases]
        case AttackSuite(cases=attacks):
            lines = [f"{a.stdin!r} -> {'unknown' if a.expected is None else repr(a.expected)}" for a in attacks]
        case CallSuite(entry=entry, cases=calls):
            lines = [f"{entry}{_arguments(call.args)} -> {call.expected!r}" for call in calls]
        case LiteralSuite(entry=entry, cases=literals):
            lines = [f"{entry}(**{literal.arguments}) -> {literal.expected}" for literal in literals]
    more = [f"… and {len(lines) - SHOWN_CASES} more"] if len(lines) > SHOWN_CASES else []
    return "\n".join([*(line if len(line) <= 200 else f"{line[:199]}…" for line in lines[:SHOWN_CASES]), *more])


def _arguments(args: Sequence[object]) -> str:
    return f"({', '.join(map(repr, args))})"


if __name__ == "__main__":
    sys.exit(main())
