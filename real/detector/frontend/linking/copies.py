"""Copies of definitions for another file, and the file's own uses bound to them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Protocol

from real.detector.frontend.linking.definitions import Imported
from real.detector.frontend.linking.modules import Content, Foreign, Symbol, Target
from real.detector.frontend.linking.own_imports import OwnImports, is_header
from real.detector.frontend.tree_walk import Transformer, walk


class Names(Protocol):
    """What things are called in the program that is being made."""

    def known(self, target: Target) -> str | None:
        """The name of the copy of a definition, where there is one, or of what a library has under it."""

    def name_of(self, target: Target) -> str | None:
        """The name under which the program has a target; imported under a free one where it has none yet."""


def absolute(target: Foreign) -> Imported:
    """An import as any file could write it."""
    imported, module = target.imported, target.module
    if not imported.level:
        return imported
    parts = module.name.split(".")
    up = imported.level - module.is_package
    kept = parts[: len(parts) - up] if up else parts
    return Imported(0, ".".join([*kept, *([imported.module] if imported.module else [])]) or "?", imported.name)


class Copier:
    """Copies a definition with its names exchanged and its lines moved."""

    def __init__(self, names: Names, content: Content, shift: int) -> None:
        self._known = names
        self._content = content
        self._targets: Mapping[int, Target] = {}
        self._shift = shift

    def statement(self, name: str, new: str) -> ast.stmt:
        """The copy of the statement that binds ``name``, which binds ``new``."""
        self._targets = self._content.uses(name).targets
        made = self._copied(self._content.statement(name))
        if isinstance(made, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            made.name = new
        else:
            assert isinstance(made, (ast.Assign, ast.AnnAssign))
            target = made.targets[0] if isinstance(made, ast.Assign) else made.target
            assert isinstance(target, ast.Name)
            target.id = new
        return made

    def _copied(self, node: ast.AST) -> ast.AST:
        kind = type(node)
        target = self._targets.get(id(node))
        if target is not None and (kind is ast.Name or kind is ast.Attribute):
            name = self._name(node, target)
            if name is not None:
                return self._placed(ast.Name(name, node.ctx), node)  # type: ignore[attr-defined]
        made: ast.AST = kind.__new__(kind)
        for part in node._fields:
            value = getattr(node, part, None)
            if isinstance(value, list):
                value = [made for item in value for made in self._items(item)]
            elif isinstance(value, ast.AST):
                value = self._copied(value)
            setattr(made, part, value)
        if isinstance(made, ast.Global):
            made.names = [self._known.name_of(self._content.resolve(name)) or name for name in made.names]
        return self._placed(made, node)

    def _name(self, node: ast.AST, target: Target) -> str | None:
        if type(node) is ast.Attribute:
            return self._known.known(target)  # otherwise it stays an attribute of the module
        return self._known.name_of(target)

    def _items(self, item: object) -> Iterator[object]:
        if isinstance(item, (ast.Import, ast.ImportFrom)):
            yield from [*self._bound(item)] or (self._placed(ast.Pass(), item),)
        else:
            yield self._copied(item) if isinstance(item, ast.AST) else item

    def _bound(self, node: ast.Import | ast.ImportFrom) -> Iterator[ast.stmt]:
        """An import inside a definition: names of copies are bound to them."""
        for alias in node.names:
            target = self._targets.get(id(alias))
            bound = alias.asname or alias.name
            name = self._known.known(target) if isinstance(target, Symbol) else None
            made: ast.stmt
            if name == bound:
                continue  # it is seen from there under that name
            if name is not None:
                made = ast.Assign([ast.Name(bound, ast.Store())], ast.Name(name, ast.Load()))
            elif isinstance(node, ast.Import):
                made = ast.Import([ast.alias(alias.name, alias.asname)])
            else:
                what = absolute(target) if isinstance(target, Foreign) else Imported(0, node.module or "?", alias.name)
                imported = ast.alias(what.name or what.module, bound)
                made = ast.ImportFrom(what.module, [imported], 0) if what.name else ast.Import([imported])
            for part in walk(made):
                self._placed(part, node)
            yield made

    def _placed(self, made: ast.AST, node: ast.AST) -> ast.AST:
        line = getattr(node, "lineno", None)
        if line is not None:
            made.lineno = line + self._shift  # type: ignore[attr-defined]
            made.col_offset = node.col_offset  # type: ignore[attr-defined]
            end = getattr(node, "end_lineno", None)
            made.end_lineno = end + self._shift if end else None  # type: ignore[attr-defined]
            made.end_col_offset = getattr(node, "end_col_offset", None)  # type: ignore[attr-defined]
        return made


class Binder(Transformer):
    """Makes the file's own uses of what is linked uses of the copies."""

    def __init__(self, names: Names, own: OwnImports) -> None:
        self._known = names
        self._own = own
        self._attributes = own.attributes()
        new = {name: names.known(target) for name, target in own.by_name.items()}
        self._names = {name: made for name, made in new.items() if made is not None}
        self._header = {id(node) for node in own.tree.body if is_header(node)}
        self.assignments: list[ast.stmt] = []

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        name = self._known.known(self._attributes.get(id(node))) if isinstance(node.ctx, ast.Load) else None
        if name is not None:
            return ast.copy_location(ast.Name(name, ast.Load()), node)
        return self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> ast.AST:
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.stmt]:
        made: list[ast.stmt] = []
        kept: list[ast.alias] = []
        for alias in node.names:
            name = self._known.known(self._own.targets.get(id(alias)))
            bound = alias.asname or alias.name
            if name is None:
                kept.append(alias)
            elif bound not in self._names and bound != name:
                value = ast.copy_location(ast.Name(name, ast.Load()), node)
                target = ast.copy_location(ast.Name(bound, ast.Store()), node)
                made.append(ast.copy_location(ast.Assign([target], value), node))
        if id(node) in self._header:
            self.assignments += made
            made = []
        if kept:
            node.names = kept
            return [node, *made]
        return made or ast.copy_location(ast.Pass(), node)
