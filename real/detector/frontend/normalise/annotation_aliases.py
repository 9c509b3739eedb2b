"""Annotations under names of their own: ``Owner = Annotated[User, Depends(owner)]``, ``def show(user: Owner)``.

What a framework does for a parameter stands in its annotation, and readers of annotations look there.
"""

from __future__ import annotations

import ast
import copy

from real.detector.frontend.tree_walk import Transformer, walk

_WRAPPER = "Annotated"  # PEP 593


def put_in_aliases(module: ast.Module) -> None:
    """Write the annotation of each parameter out where its name stands for an ``Annotated[...]`` of the module."""
    aliases: dict[str, ast.expr] = {}
    for statement in module.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        value = getattr(statement, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Subscript) and _last(value.value) == _WRAPPER:
            aliases[target.id] = _Resolved(aliases).visit(copy.deepcopy(value))
    if not aliases:
        return
    resolved = _Resolved(aliases)
    for node in walk(module):
        if isinstance(node, ast.arg) and node.annotation is not None:
            node.annotation = resolved.visit(node.annotation)


class _Resolved(Transformer):
    """Puts what a name stands for in its place."""

    def __init__(self, aliases: dict[str, ast.expr]) -> None:
        self.aliases = aliases

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.aliases.get(node.id, node))


def _last(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
