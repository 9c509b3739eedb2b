"""Whether code has to do with data from outside: where it has not, most of what it imports need not be looked at.

A file that neither reads what outsiders send nor answers them, nor imports something that does, can only hand on what
its callers pass: a finding that goes through it is found where they are. By names, so that it costs a look at a tree.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache

from real.detector.models.catalogue import last_names, rows_of, sources
from real.detector.models.kinds import Role, SourceKind
from real.detector.models.rows import Handler

_SENDERS = frozenset({SourceKind.HTTP, SourceKind.TERMINAL, SourceKind.WIDGET, SourceKind.COMMAND_LINE})
_DECORATORS = (Role.ROUTE, Role.CALLBACK, Role.COMMAND, Role.ACTION, Role.ERROR_HANDLER)


def enters(nodes: Iterable[ast.AST]) -> bool:
    """Whether any of the nodes names where data enter, or is an endpoint of a framework."""
    return any(_is_entry(node) for node in nodes)


def _is_entry(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _names()
    if isinstance(node, ast.Attribute):
        return node.attr in _names()
    if isinstance(node, ast.arg):
        return node.arg in _names()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return any(_last_name(decorator) in _decorators() for decorator in node.decorator_list)
    return False


def _last_name(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else ""


@cache
def _names() -> frozenset[str]:
    """What programs call the sources: the function or object itself, or the class that it is an attribute of."""
    found = {
        api.rpartition("().")[0] or api.removesuffix("()") for api, row in sources().items() if row.kind in _SENDERS
    }
    found |= {row.api for row in rows_of(Handler)}
    return frozenset(name.rpartition(".")[2] for name in found)


@cache
def _decorators() -> frozenset[str]:
    return last_names(*_DECORATORS)
