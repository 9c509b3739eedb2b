"""Leaks between train and test, and repetitions inside a split.

========================  =============================================================================================
kind                      two tasks share it when
========================  =============================================================================================
``description``           their statements are equal, case and spacing aside
``code``                  a program of one (reference or unsafe) is a program of the other, comments and layout aside;
                          of a function to call only the body counts, since names of functions are varied
``tests``                 their test suites are equal
``near_duplicate``        their statements are not equal, but have a similarity of at least ``NEAR``
``function``              their entry points have the same name; a hint, since short names recur by chance
========================  =============================================================================================
"""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from real.datasets.similarity import similar_pairs
from real.datasets.statement import statement
from real.datasets.syntax import parse
from real.types import Task

NEAR = 0.8
KINDS = ("description", "code", "tests", "near_duplicate", "function")
LEAKS = KINDS[:-1]  # what makes a test task unclean


@dataclass(frozen=True, slots=True)
class Link:
    """Two tasks that share something: ``later`` of one split with ``earlier`` of the same split or of train."""

    kind: str
    later: Task
    earlier: Task
    similarity: float = 1.0  # of the statements, for near-duplicates


def links(train: Sequence[Task], test: Sequence[Task]) -> list[Link]:
    """Every pair that shares something, once for each kind; a pair is in the order train before test, then by row."""
    tasks = [*train, *test]
    found = [
        Link(kind, tasks[later], tasks[earlier])
        for kind, keys in (("description", _description), ("code", _code), ("tests", _tests), ("function", _function))
        for earlier, later in _same(tasks, keys)
    ]
    equal = {(link.earlier.split, link.earlier.task_id, link.later.split, link.later.task_id)
             for link in found if link.kind == "description"}  # fmt: skip
    for earlier, later, similarity in similar_pairs([statement(task) for task in tasks], NEAR):
        a, b = tasks[earlier], tasks[later]
        if (a.split, a.task_id, b.split, b.task_id) not in equal:
            found.append(Link("near_duplicate", b, a, similarity))
    return found


def leaked(found: Iterable[Link], kind: str, split: str, other: str) -> set[str]:
    """Ids of the tasks of ``split`` that a link of this kind ties to ``other`` (in one split: to an earlier task)."""
    return {
        link.later.task_id
        for link in found
        if link.kind == kind and link.later.split == split and link.earlier.split == other
    }


def _same(tasks: Sequence[Task], keys: Callable[[Task], Iterable[str]]) -> Iterator[tuple[int, int]]:
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for later, task in enumerate(tasks):
        own = set(keys(task))
        for earlier in sorted({index for key in own for index in holders[key]}):
            yield earlier, later
        for key in own:
            holders[key].append(later)


def _description(task: Task) -> Iterator[str]:
    yield " ".join(statement(task).casefold().split())


def _code(task: Task) -> Iterator[str]:
    for program in (task.reference, task.unsafe):
        if program is not None:
            yield normal_form(program, task.entry_point)


def normal_form(code: str, entry_point: str | None = None) -> str:
    """A program without comments and layout, or its words where it is not Python.

    Where it defines ``entry_point`` (``solve`` or ``Solution.solve``), only that function's body, less its docstring.
    """
    try:
        tree = parse(code)
        name = (entry_point or "").rpartition(".")[2]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                return "\n".join(map(ast.unparse, body))
        return ast.unparse(tree)
    except SyntaxError:
        return " ".join(code.split())


def _tests(task: Task) -> Iterator[str]:
    suite = json.dumps(dataclasses.asdict(task.tests), sort_keys=True, default=str)
    yield hashlib.sha256(suite.encode()).hexdigest()


def _function(task: Task) -> Iterator[str]:
    if task.entry_point is not None:
        yield task.entry_point
