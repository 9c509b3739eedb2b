"""Plain classes: those whose objects are just what was passed for them, under the names of attributes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PlainClass:
    """A class whose attributes are just stored: parameter or constant of ``__init__`` -> attribute."""

    params: tuple[str, ...]
    fields: dict[str, str] = field(default_factory=dict)  # attribute -> parameter


def plain_class(node: ast.ClassDef) -> PlainClass | None:
    """The class, if it has no bases, decorators, properties or special methods but a plain ``__init__``."""
    if node.bases or node.keywords or node.decorator_list:
        return None
    made = PlainClass(())
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef):
            if statement.decorator_list or (statement.name.startswith("__") and statement.name != "__init__"):
                return None
            if statement.name == "__init__":
                init = _plain_init(statement)
                if init is None:
                    return None
                made = init
        elif not isinstance(statement, (ast.Pass, ast.Expr)):
            return None
    return made


def _plain_init(node: ast.FunctionDef) -> PlainClass | None:
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults or not arguments.args:
        return None
    this, *names = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
    fields: dict[str, str] = {}
    for statement in node.body:
        if isinstance(statement, ast.Pass) or (
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        ):
            continue
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return None
        target, value = statement.targets[0], statement.value
        if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name) or target.value.id != this:
            return None
        if not isinstance(value, ast.Name) or value.id not in names:
            return None
        fields[target.attr] = value.id
    return PlainClass((this, *names), fields)
