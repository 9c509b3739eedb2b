"""``show``: one task as text."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from real.datasets.commands.options import add_source, add_split, read_split
from real.errors import DataError
from real.prompts import messages
from real.types import AttackSuite, CallSuite, LiteralSuite, ScriptSuite, Suite, Task

HELP = "print one task: prompt, tests, attacks, reference, unsafe twin"
SHOWN_CASES = 3


def add(parser: argparse.ArgumentParser) -> None:
    """Define the options."""
    add_source(parser)
    add_split(parser)
    parser.add_argument("--index", type=int, default=0, help="which task, from 0 (default: 0)")


def run(args: argparse.Namespace) -> int:
    """Print the task; returns the exit code."""
    loaded = read_split(args)
    if not 0 <= args.index < len(loaded.tasks):
        raise DataError(f"there is no task {args.index}: {loaded.name}, split {loaded.split}, has {len(loaded.tasks)}")
    print(f"{loaded.name}, split {loaded.split}: {len(loaded.tasks)} tasks, hash {loaded.content_hash[:12]}\n")
    print(render(loaded.tasks[args.index]))
    return 0


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
