"""Comprehensions over literals as what they make, and ``filter()`` as a comprehension."""

from __future__ import annotations

import ast
import copy

from real.detector.frontend.tree_walk import Transformer, walk

# What binds names of its own, or is made once for each time that it is reached.
_OWN_NAMES = (
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.NamedExpr,
    ast.Await,
    ast.Yield,
)


def unrolled(node: ast.ListComp | ast.GeneratorExp, items: list[ast.expr], most: int) -> ast.expr | None:
    """The list that a comprehension over a few variables and constants makes."""
    generator = node.generators[0]
    target = generator.target
    if len(node.generators) > 1 or generator.ifs or generator.is_async or not isinstance(target, ast.Name):
        return None
    if len(items) > most or not all(isinstance(item, (ast.Name, ast.Constant)) for item in items):
        return None
    if any(isinstance(inner, _OWN_NAMES) for inner in walk(node.elt)):
        return None
    made = [_Replacer(target.id, item).visit(copy.deepcopy(node.elt)) for item in items]
    return ast.copy_location(ast.List(made, ast.Load()), node)


def filtered(test: ast.Lambda, source: ast.expr, place: ast.AST) -> ast.expr | None:
    """``filter(lambda v: T, xs)`` -> ``(v for v in xs if T)``."""
    params = test.args
    if len(params.args) != 1 or params.posonlyargs or params.kwonlyargs or params.defaults:
        return None
    own = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
    if params.vararg or params.kwarg or any(isinstance(inner, own) for inner in walk(test.body)):
        return None
    param = params.args[0]
    target = ast.copy_location(ast.Name(param.arg, ast.Store()), param)
    element = ast.copy_location(ast.Name(param.arg, ast.Load()), param)
    each = ast.comprehension(target, source, [test.body], 0)
    return ast.copy_location(ast.GeneratorExp(element, [each]), place)


class _Replacer(Transformer):
    """Puts an expression in place of a variable."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self._name, self._value = name, value

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return copy.deepcopy(self._value) if node.id == self._name else node


def single(node: ast.ListComp) -> ast.expr | None:
    """``[y for y in [x]][0]``."""
    generator = node.generators[0]
    if len(node.generators) > 1 or generator.ifs or not isinstance(generator.target, ast.Name):
        return None
    source = generator.iter
    if (
        not isinstance(source, (ast.List, ast.Tuple))
        or len(source.elts) != 1
        or isinstance(source.elts[0], ast.Starred)
    ):
        return None
    if isinstance(node.elt, ast.Name) and node.elt.id == generator.target.id:
        return source.elts[0]
    return None
