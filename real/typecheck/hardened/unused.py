"""Code that nothing uses. Advice: it costs a reader's time, but what is unused can be a matter of the task.

Imports and locals are pyflakes' (pure Python, no dependencies, maintained with flake8): it knows scopes, ``__all__``,
conditional imports and string annotations. Functions and parameters, which it leaves alone, are counted here.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from pyflakes import messages  # type: ignore[import-untyped]
from pyflakes.checker import Checker as Pyflakes  # type: ignore[import-untyped]

from real.typecheck.hardened.program_tree import (
    FUNCTIONS,
    FunctionNode,
    ProgramTree,
    body_without_docstring,
    parameters,
)
from real.typecheck.hardened.rule import Rule
from real.types import Finding

IMPORT = Rule(
    "unused:import",
    "an import that nothing uses",
    "It slows the start and suggests a dependency that is not there.",
    "Remove the import.",
    fails=False,
)
VARIABLE = Rule(
    "unused:variable",
    "a local variable that is assigned and never read",
    "Either the value is needed and forgotten, or the work of making it is wasted.",
    "Remove the assignment, or use the value; a name that must be there can start with an underscore.",
    fails=False,
)
FUNCTION = Rule(
    "unused:function",
    "a function or class that nothing mentions",
    "A helper that is not called is a leftover, or a call is missing.",
    "Remove it, or call it.",
    fails=False,
)
PARAMETER = Rule(
    "unused:parameter",
    "a parameter that the function does not read",
    "Callers have to provide something that has no effect.",
    "Remove the parameter; where a protocol demands it, let its name start with an underscore.",
    fails=False,
)

RULES = (IMPORT, VARIABLE, FUNCTION, PARAMETER)

_WORD = re.compile(r"[^\W\d]\w*")


def check(program: ProgramTree, asked: frozenset[str]) -> Iterator[Finding]:
    """Advice on unused code; ``asked`` are the names that the starter code dictates."""
    yield from _by_pyflakes(program)
    mentions = Counter(_mentions(program))
    for node in program.tree.body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not node.decorator_list:
            within = sum(name == node.name for name in _names_in(node))
            # Without a task, what a module defines may be what others import from it.
            internal = node.name.startswith("_") or (asked and node.name not in asked)
            if internal and mentions[node.name] <= within:
                yield FUNCTION.on(node, f"nothing uses {node.name}")
    methods = {id(part) for node in program.nodes if isinstance(node, ast.ClassDef) for part in node.body}
    for function in program.functions:
        yield from _parameters(function, asked, is_method=id(function) in methods)


def _by_pyflakes(program: ProgramTree) -> Iterator[Finding]:
    for message in Pyflakes(program.tree).messages:
        name = str(message.message_args[0]) if message.message_args else ""
        if isinstance(message, messages.UnusedImport):
            yield IMPORT.at(message.lineno, f"{name} is imported and not used", message.col)
        elif isinstance(message, (messages.UnusedVariable, messages.UnusedAnnotation)) and not name.startswith("_"):
            yield VARIABLE.at(message.lineno, f"{name} is never read", message.col)


def _mentions(program: ProgramTree) -> Iterator[str]:
    for node in program.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _WORD.findall(node.value)  # __all__, annotations in quotes


def _names_in(node: ast.AST) -> Iterator[str]:
    """Names read inside a definition: calling itself does not make a function used."""
    return (part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load))


def _parameters(function: FunctionNode, asked: frozenset[str], *, is_method: bool) -> Iterator[Finding]:
    body = body_without_docstring(function)
    dunder = function.name.startswith("__") and function.name.endswith("__")
    if function.name in asked or function.decorator_list or dunder or all(_is_stub(statement) for statement in body):
        return
    read = {name for statement in body for name in _names_in(statement)}
    for index, parameter in enumerate(parameters(function.args)):
        receiver = is_method and index == 0
        if not receiver and parameter.arg not in read and not parameter.arg.startswith("_"):
            yield PARAMETER.on(parameter, f"{function.name} does not read its parameter {parameter.arg}")


def _is_stub(statement: ast.stmt) -> bool:
    """``pass``, ``...`` and ``raise`` stand for a body that is elsewhere."""
    ellipsis = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return ellipsis or isinstance(statement, (ast.Pass, ast.Raise))
