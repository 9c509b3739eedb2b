"""Which private names a program does more with than call them: what they stand for can be reached from outside.

A private function or class (``_f``) is out of reach only as long as every use of its name is a direct call, or one of
the few uses that hand it to nobody. A second name, a place in a container, a wrapper of a library, a base class, a text
with the name in it (``globals()["_f"]``) or any reading of a namespace gives it away, whether or not the flow can be
followed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from real.detector.frontend.tree_walk import walk

# Builtins, methods and functions that call what they are given at once, and keep nothing of it.
_CALL_AT_ONCE = frozenset({"map", "filter", "sorted", "sort", "min", "max", "reduce", "isinstance", "issubclass"})
_NAMESPACES = frozenset({"globals", "locals", "vars", "dir", "__dict__", "modules", "getmembers", "__globals__"})


@dataclass(frozen=True, slots=True)
class Escapes:
    """``names`` are given away; ``all``: the program reads a namespace, and everything in it is."""

    names: frozenset[str]
    all: bool

    def has(self, name: str) -> bool:
        """Whether what is called ``name`` can be reached by other means than direct calls."""
        return self.all or name in self.names


NONE = Escapes(frozenset(), all=False)


def escapes_of(tree: ast.Module) -> Escapes:
    """Read off the syntax tree, before anything is simplified."""
    nodes = walk(tree)
    private = {
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name.startswith("_")
    }
    if not private:
        return NONE
    harmless = set(_harmless(nodes))
    found, reads_namespace = set(), False
    for node in nodes:
        name = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            name = node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            name = node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
        if name in private and id(node) not in harmless:
            found.add(name)
        reads_namespace = reads_namespace or (name in _NAMESPACES and not isinstance(node, ast.Constant))
    return Escapes(frozenset(found), reads_namespace)


def _harmless(nodes: Iterable[ast.AST]) -> Iterator[int]:
    """The expressions whose value goes to nobody who could keep it: by identity."""
    for node in nodes:
        kept: list[ast.expr | None] = []
        if isinstance(node, ast.Call):
            kept = [node.func]
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in _CALL_AT_ONCE:
                kept += [*node.args, *(keyword.value for keyword in node.keywords)]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            kept = list(node.decorator_list)
            yield from _parts(node.returns)
        elif isinstance(node, ast.ClassDef):
            kept = list(node.decorator_list)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            yield from _parts(node.annotation)
        elif isinstance(node, ast.ExceptHandler):
            kept = [node.type]
        elif isinstance(node, ast.Raise):
            kept = [node.exc]
        for one in kept:
            inner = one.elts if isinstance(one, ast.Tuple) else [one]
            yield from (id(part) for part in inner if part is not None)


def _parts(annotation: ast.expr | None) -> Iterator[int]:
    return (id(part) for part in walk(annotation)) if annotation is not None else iter(())
