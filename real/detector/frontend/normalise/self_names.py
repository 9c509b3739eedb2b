"""Methods call their object ``self``: where a program gives it another name, it is renamed, so that rules know it."""

from __future__ import annotations

import ast

from real.detector.frontend.bindings import Bindings
from real.detector.frontend.tree_walk import walk

_SELF = "self"


def name_receivers(tree: ast.Module) -> None:
    """Rename the first parameter of methods in place, where nothing else in the method has either name."""
    todo: list[ast.stmt] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _is_of_class(method):
                    _name_receiver(method)
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            todo += node.body


def _is_of_class(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the first parameter is not the object, or may not be."""
    names = {getattr(decorator, "id", "") for decorator in method.decorator_list}
    return bool(names & {"staticmethod", "classmethod"}) or method.name in ("__new__", "__init_subclass__")


def _name_receiver(method: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    first = [*method.args.posonlyargs, *method.args.args][:1]
    if not first or first[0].arg in (_SELF, "cls"):
        return
    name = first[0].arg
    found = Bindings(ast.Module([method], []))
    if found.is_reflective or found.bound[name] > 1 or _SELF in found.bound or _SELF in found.loads:
        return
    first[0].arg = _SELF
    for node in walk(method):
        if isinstance(node, ast.Name) and node.id == name:
            node.id = _SELF
