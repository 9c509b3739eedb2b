"""Makers of candidate targets for a task; each yields pairs (how it was made, response), in the order of trying."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from real.datasets import parameterise as binding
from real.datasets.annotate.annotator import Annotator
from real.datasets.parameterise.schema import schema
from real.datasets.parameterise.transform import PLANS, UnsupportedQueryError
from real.types import CallSuite, Check, ScriptSuite, Task

Proposal: TypeAlias = tuple[str, str]
Maker: TypeAlias = Callable[[Task], Iterator[Proposal]]


def fenced(code: str) -> str:
    """A response that holds nothing but the program."""
    return f"```python\n{code.strip()}\n```"


def from_completions(given: Mapping[str, Sequence[str]]) -> Maker:
    """Rejection sampling: the completions of a task as they are, reasoning included."""

    def propose(task: Task) -> Iterator[Proposal]:
        for number, text in enumerate(given.get(task.task_id, ())):
            yield f"completion {number}", text

    return propose


def own_programs(task: Task) -> Iterator[Proposal]:
    """The data set's own programs."""
    for role, code in (("reference", task.reference), ("the program of the row", task.unsafe)):
        if code is not None:
            yield f"{role}, as it came", fenced(code)


def parameterised(task: Task) -> Iterator[Proposal]:
    """A script's program with its values bound as parameters and its names taken from a list."""
    code = task.reference or task.unsafe
    if code is None or not isinstance(task.tests, ScriptSuite) or task.tests.database is None:
        return
    names = schema(task.tests.database)
    for plan in PLANS:
        try:
            rewritten = binding.parameterise(code, names, plan)
        except (UnsupportedQueryError, SyntaxError):
            continue
        how = f"parameters bound (text {'as numbers' if plan.convert else 'as it is'}, unknown names: {plan.unknown})"
        yield how, fenced(rewritten)


def typed(annotator: Annotator, solutions: Mapping[str, Sequence[str]]) -> Maker:
    """A function's reference, or else the shortest of its other ``solutions``, annotated from observed values."""

    def propose(task: Task) -> Iterator[Proposal]:
        if task.reference is None or not isinstance(task.tests, CallSuite):
            return
        others = sorted(solutions.get(task.task_id, ()), key=len)
        for number, code in enumerate(dict.fromkeys([task.reference, *others])):
            made = annotator.annotate(code, task.tests, task.starter_code)
            if made.code is not None:
                source = "the reference" if number == 0 else f"solution {number}"
                yield f"{source} annotated ({made.made_by})", fenced(made.code)

    return propose


def makers_for(
    tasks: Sequence[Task],
    annotator: Annotator,
    solutions: Mapping[str, Sequence[str]],
    completions: Mapping[str, Sequence[str]],
) -> list[Maker]:
    """The makers that fit a data set; completions, where there are any, come first."""
    checks = {check for task in tasks for check in task.checks}
    makers: list[Maker] = [from_completions(completions), own_programs, parameterised]
    return [*makers, typed(annotator, solutions)] if Check.MAINTAINABILITY in checks else makers
