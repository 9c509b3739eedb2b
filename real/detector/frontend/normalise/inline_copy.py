"""Copies of function bodies, made fit for another place: variables renamed, parameters replaced."""

from __future__ import annotations

import ast


class Copier:
    """Copies code with its variables renamed and some parameters replaced by what is passed for them."""

    def __init__(self, names: dict[str, str], values: dict[str, ast.expr]) -> None:
        self.names = names
        self.values = values

    def copy(self, node: ast.AST) -> ast.AST:
        kind = type(node)
        if kind is ast.Name:
            name = node.id  # type: ignore[attr-defined]
            if name in self.values:
                return self.values[name]
            return ast.copy_location(ast.Name(self.names.get(name, name), node.ctx), node)  # type: ignore[attr-defined]
        if kind is ast.Constant:
            return node
        made: ast.AST = kind.__new__(kind)
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                value = [self.copy(item) if isinstance(item, ast.AST) else item for item in value]
            elif isinstance(value, ast.AST):
                value = self.copy(value)
            setattr(made, field, value)
        for field in ("arg", "rest", "asname", "name"):
            value = getattr(made, field, None)
            if isinstance(value, str) and kind is not ast.keyword and (field != "name" or kind is not ast.alias):
                setattr(made, field, self.names.get(value, value))
        if kind is ast.alias and made.asname is None and made.name in self.names:  # type: ignore[attr-defined]
            made.asname = self.names[made.name]  # type: ignore[attr-defined]
        return ast.copy_location(made, node)


class FieldCopier(Copier):
    """Copies a method with the attributes of its object as variables; ``escapes``: it does more with the object."""

    def __init__(self, this: str, fields: dict[str, str]) -> None:
        super().__init__({}, {})
        self.this = this
        self.fields = fields
        self.escapes = False

    def copy(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == self.this:
            self.escapes = self.escapes or node.attr not in self.fields or type(node.ctx) is not ast.Load
            return ast.copy_location(ast.Name(self.fields.get(node.attr, ""), ast.Load()), node)
        if (isinstance(node, ast.Name) and node.id == self.this) or (
            isinstance(node, ast.arg) and node.arg == self.this
        ):
            self.escapes = True
        return super().copy(node)
