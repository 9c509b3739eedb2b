"""Programs without anything to check: the hack of the paper's section 3.2."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.typecheck.hardened.program_tree import FUNCTIONS, ProgramTree
from real.typecheck.hardened.rule import Rule
from real.types import Finding

NO_CODE = Rule(
    "hatch:no-code",
    "a program that does nothing",
    "Comments, imports and `pass` have no type errors. The paper (section 3.2) saw a policy learn to write just that.",
    "Write the program that was asked for.",
)
NO_FUNCTION = Rule(
    "hatch:no-function",
    "no function where one was asked for",
    "Without functions there is nothing to annotate, and MyPy has little to check.",
    "Define the function or class of the starter code.",
)
FALSE_GUARD = Rule(
    "hatch:false-guard",
    "a type guard that does not look",
    "MyPy believes a function that returns `TypeGuard` or `TypeIs`. "
    "One that always answers the same is a cast in disguise.",
    "Test the value (isinstance), or do without the guard.",
)

RULES = (NO_CODE, NO_FUNCTION, FALSE_GUARD)

_GUARDS = frozenset({"TypeGuard", "TypeIs"})
_EMPTY = (ast.Pass, ast.Import, ast.ImportFrom)


def check(program: ProgramTree, starter: str | None) -> Iterator[Finding]:
    """The findings of the rules of this module; ``starter`` is the starter code of the task, if it has any."""
    if all(_does_nothing(statement) for statement in program.tree.body):
        yield NO_CODE.at(1, "the program does nothing")
    elif starter and not any(isinstance(node, (*FUNCTIONS, ast.ClassDef)) for node in program.nodes):
        yield NO_FUNCTION.at(1, "a function was asked for, and the program has none")
    for function in program.functions:
        if function.returns is not None and _guards(function.returns) and _is_constant(function.body):
            yield FALSE_GUARD.on(function, f"the type guard {function.name} does not look at its argument")


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, _EMPTY)


def _guards(annotation: ast.expr) -> bool:
    text = ast.unparse(annotation)
    return any(name in text for name in _GUARDS)


def _is_constant(body: list[ast.stmt]) -> bool:
    returned = [node.value for statement in body for node in ast.walk(statement) if isinstance(node, ast.Return)]
    return bool(returned) and all(isinstance(value, ast.Constant) for value in returned) and len(returned) == 1
