"""Which names in a statement at the top of a module are the module's own, and not local to a function, class or loop.

This is Python's scoping without the values: a name is local to a function that binds it anywhere (unless it is declared
``global``), a class body's names are seen in that body only, a comprehension binds its targets.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from real.detector.frontend.tree_walk import children, walk

_Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_NOTHING: frozenset[str] = frozenset()


def names_of_module(statement: ast.stmt) -> list[ast.Name]:
    """The names in a top-level statement that stand for something of the module or a builtin, in no special order."""
    found: list[ast.Name] = []
    # What is left to visit: a node, the names that are local where it stands, and those that functions in it see.
    waiting: list[tuple[ast.AST, frozenset[str], frozenset[str]]] = [(statement, _NOTHING, _NOTHING)]
    while waiting:
        node, here, below = waiting.pop()
        if isinstance(node, ast.Name):
            if node.id not in here:
                found.append(node)
        elif isinstance(node, _FUNCTIONS):
            body = [node.body] if isinstance(node, ast.Lambda) else node.body
            inner = below | _parameters(node.args) | bound_in(body)
            waiting += [(child, inner, inner) for child in body]
            waiting += [(child, here, below) for child in _around(node)]
        elif isinstance(node, ast.ClassDef):
            inner = below | bound_in(node.body)
            waiting += [(child, inner, below) for child in node.body]
            waiting += [(child, here, below) for child in (*node.bases, *node.keywords, *node.decorator_list)]
        elif isinstance(node, _COMPREHENSIONS):
            targets = bound_in(generator.target for generator in node.generators)
            waiting += [(child, here | targets, below | targets) for child in children(node)]
        else:
            waiting += [(child, here, below) for child in children(node)]
    return found


def _parameters(arguments: ast.arguments) -> frozenset[str]:
    rest = [arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None]
    return frozenset(arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest))


def _around(node: _Function) -> Iterator[ast.AST]:
    """What of a function is evaluated where it is defined: defaults, annotations, decorators."""
    yield node.args
    if not isinstance(node, ast.Lambda):
        yield from node.decorator_list
        if node.returns is not None:
            yield node.returns


def bound_in(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """The names that code binds in its own scope, without those that it declares to be another's."""
    bound: set[str] = set()
    declared: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
            continue
        if isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
            bound |= {part.target.id for part in walk(node) if isinstance(part, ast.NamedExpr)}
            continue
        if isinstance(node, ast.Global):
            declared |= set(node.names)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            bound.add(node.rest)
        waiting += children(node)
    return frozenset(bound - declared)
