"""Walks over syntax trees, faster than those of ``ast``: to go through a tree is what the front end does most.

The grammar says which fields of a node can hold nodes; only these are looked at. Contexts (``Load``, ``Store``) tell
only how the node is used that has them, and nothing is in them: they are not gone through.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from typing import Any

AST = ast.AST
_SCALARS = frozenset({"identifier", "int", "string", "constant", "expr_context"})
_FIELD = re.compile(r"(\w+)[?*]? (\w+)")  # in the documentation of a class, which is its line of the grammar
WITH_CONTEXT = frozenset({ast.Attribute, ast.List, ast.Name, ast.Starred, ast.Subscript, ast.Tuple})
_parts: dict[type[AST], tuple[str, ...]] = {}


def _parts_of(kind: type[AST]) -> tuple[str, ...]:
    """The fields of a class of nodes in which there can be nodes; all fields of one that is not of the grammar."""
    known = _parts.get(kind)
    if known is None:
        types = {name: sort for sort, name in _FIELD.findall(kind.__doc__ or "")} if kind.__module__ == "ast" else {}
        known = tuple(name for name in kind._fields if types.get(name) not in _SCALARS)
        _parts[kind] = known
    return known


def children(node: AST) -> list[AST]:
    """The nodes right below one, in the order of ``ast.iter_child_nodes``, without contexts."""
    found: list[AST] = []
    kind = node.__class__
    for name in _parts.get(kind) or _parts_of(kind):
        part = getattr(node, name, None)
        if part.__class__ is list:
            found += [item for item in part if isinstance(item, AST)]
        elif isinstance(part, AST):
            found.append(part)
    return found


def walk(tree: AST) -> list[AST]:
    """A node and all below it, in the order of ``ast.walk``, without contexts."""
    found = [tree]
    add = found.append
    known = _parts
    for node in found:  # which grows meanwhile
        kind = node.__class__
        parts = known.get(kind)
        for name in _parts_of(kind) if parts is None else parts:
            part = getattr(node, name, None)
            if part.__class__ is list:
                for item in part:
                    if isinstance(item, AST):
                        add(item)
            elif isinstance(part, AST):
                add(part)
    return found


def size_of(nodes: Iterable[AST]) -> int:
    """How many nodes these are with their contexts, as ``ast.walk`` counts."""
    return sum(2 if node.__class__ in WITH_CONTEXT else 1 for node in nodes)


class Transformer(ast.NodeTransformer):
    """``ast.NodeTransformer``: looks up once for each class of nodes which method visits it."""

    _methods: dict[type[AST], Callable[[AST], Any]] | None = None

    def visit(self, node: AST) -> Any:  # noqa: ANN401 - as in ``ast``
        """Visit a node; returns what takes its place."""
        methods = self._methods
        if methods is None:
            methods = self._methods = {}
        kind = node.__class__
        method = methods.get(kind)
        if method is None:
            method = methods[kind] = getattr(self, f"visit_{kind.__name__}", self.generic_visit)
        return method(node)

    def visit_Constant(self, node: ast.Constant) -> AST:
        """There is nothing in it; Python's own looks for methods of names that are gone."""
        return node

    def generic_visit(self, node: AST) -> AST:
        """Visit what is below a node."""
        for name in _parts_of(node.__class__):
            old = getattr(node, name, None)
            if old.__class__ is list:
                new: list[Any] = []
                for item in old:
                    made = self.visit(item) if isinstance(item, AST) else item
                    if isinstance(made, AST) or made is item:
                        new.append(made)
                    elif made is not None:
                        new.extend(made)
                old[:] = new
            elif isinstance(old, AST):
                made = self.visit(old)
                if made is None:
                    delattr(node, name)
                elif made is not old:
                    setattr(node, name, made)
        return node
