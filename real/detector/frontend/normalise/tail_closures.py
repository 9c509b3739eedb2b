"""A function that ends with ``return inner()``, of an inner function without parameters: the inner body stands there.

What a model wraps into an inner function, called once at the end, belongs to the outer one: its returns are the outer
function's, its effects happen in the endpoint, and the outer function's tests guard both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.frontend.normalise.inline_callee import nodes_in
from real.detector.frontend.tree_walk import children, walk

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_OTHER_KINDS = (ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal, ast.AsyncFor, ast.AsyncWith)


def open_tail_closures(tree: ast.Module) -> None:
    """Replace such calls, innermost first; not where the inner one binds a name that the outer one uses."""
    functions = [node for node in walk(tree) if isinstance(node, _FUNCTIONS)]
    for outer in reversed(functions):  # ``walk`` has outer functions first
        while (inner := _called_at_the_end(outer)) is not None:
            outer.body[-1:] = inner.body
            outer.body.remove(inner)


def _called_at_the_end(outer: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.FunctionDef | None:
    last = outer.body[-1]
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Call):
        return None
    call = last.value
    if not isinstance(call.func, ast.Name) or call.args or call.keywords:
        return None
    name = call.func.id
    found = [node for node in outer.body if isinstance(node, ast.FunctionDef) and node.name == name]
    if len(found) != 1 or _has_parameters(found[0]) or found[0].decorator_list:
        return None
    inner = found[0]
    if any(isinstance(node, _OTHER_KINDS) for node in _own(inner)):
        return None
    uses = sum(isinstance(node, ast.Name) and node.id == name for node in walk(outer))
    return inner if uses == 1 and _bound(inner).isdisjoint(_named_outside(outer, inner)) else None


def _named_outside(outer: ast.FunctionDef | ast.AsyncFunctionDef, inner: ast.FunctionDef) -> set[str]:
    """Every name that the outer function binds, or reads anywhere but in the inner one: it may be a global's."""
    found = _bound(outer) - {inner.name}
    waiting: list[ast.AST] = [outer]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        waiting += (child for child in children(node) if child is not inner)
    return found


def _has_parameters(node: ast.FunctionDef) -> bool:
    arguments = node.args
    return bool(arguments.posonlyargs or arguments.args or arguments.kwonlyargs or arguments.vararg or arguments.kwarg)


def _own(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function's body without those of the scopes inside it, which themselves are among them."""
    return (node for node, depth in nodes_in(function.body) if depth < 2)


def _bound(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The names that a function binds: its parameters, and what its own statements assign, define, import or catch."""
    arguments = function.args
    extra = [arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None]
    names = {arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra)}
    for node in _own(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
    return names
