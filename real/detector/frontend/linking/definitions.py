"""What a module of the project defines: by name the one statement that binds it for good, or the import that does."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from real.detector.frontend.bindings import REFLECTION
from real.detector.frontend.linking.module_names import bound_in
from real.detector.frontend.tree_walk import walk

# Methods by which a container is filled or changed; what it was made with says nothing of it then.
_CHANGES = frozenset(
    {"append", "add", "update", "extend", "insert", "setdefault", "pop", "popitem", "remove", "discard", "clear"}
)
_COMPREHENSIONS = (ast.ListComp, ast.DictComp, ast.SetComp)
_CONTAINERS = frozenset(
    {"dict", "list", "set", "defaultdict", "OrderedDict", "deque", "Counter", "WeakValueDictionary"}
)
_READS_TERMINAL = frozenset({"input", "stdin"})


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A function, a class, or an assignment of one name."""

    statement: ast.stmt


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import binds a name to: ``name`` of a module, or without one the module itself."""

    level: int
    module: str
    name: str | None = None


Binding: TypeAlias = Definition | Imported


@dataclass(frozen=True, slots=True)
class Definitions:
    """By name what a module has; ``None``: it has something that is not followed. ``stars`` it takes whole."""

    names: dict[str, Binding | None]
    stars: tuple[Imported, ...]


def definitions_of(tree: ast.Module) -> Definitions:
    """Read off the syntax tree of a module."""
    found: dict[str, list[Binding | None]] = {}
    stars: list[Imported] = []
    for name, binding in _bindings(tree.body):
        if name == "*":
            stars += [binding] if isinstance(binding, Imported) else []
        else:
            found.setdefault(name, []).append(binding)
    rebound, changed = _changed_elsewhere(tree)
    names = {name: _the_one(bindings) for name, bindings in found.items()}
    for name, binding in names.items():
        if isinstance(binding, Definition) and (name in rebound or not _is_for_good(binding, name in changed)):
            names[name] = None
    return Definitions(names, tuple(stars))


def _bindings(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, Binding | None]]:
    for node in statements:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, Definition(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from imports_in(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and _one_name(node):
            yield _one_name(node), Definition(node)
        elif isinstance(node, ast.Try):  # the names of today and before: the first is taken
            yield from _only_imports(node.body, (part for handler in node.handlers for part in handler.body))
        elif isinstance(node, ast.If):
            yield from _only_imports(node.body, node.orelse)
        else:
            yield from ((name, None) for name in bound_in([node]))


def _one_name(node: ast.Assign | ast.AnnAssign) -> str:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if len(targets) != 1 or not isinstance(targets[0], ast.Name) or node.value is None:
        return ""
    return targets[0].id


def _only_imports(*bodies: Iterable[ast.stmt]) -> Iterator[tuple[str, Binding | None]]:
    for node in (node for body in bodies for node in body):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from imports_in(node)
        elif isinstance(node, ast.Try):
            yield from _only_imports(node.body, (part for handler in node.handlers for part in handler.body))
        elif isinstance(node, ast.If):
            yield from _only_imports(node.body, node.orelse)
        else:
            yield from ((name, None) for name in bound_in([node]))


def imports_in(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Imported]]:
    """The names that an import binds, with what to; ``*`` for all names of a module."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, Imported(node.level, node.module or "", alias.name)
        elif alias.asname or "." not in alias.name:
            yield alias.asname or alias.name, Imported(0, alias.name)
        else:
            yield alias.name.partition(".")[0], Imported(0, alias.name.partition(".")[0])


def _the_one(bindings: list[Binding | None]) -> Binding | None:
    """Of several imports the first; of anything else there must be one."""
    if all(isinstance(binding, Imported) for binding in bindings):
        return bindings[0]
    return bindings[0] if len(bindings) == 1 else None


def _changed_elsewhere(tree: ast.Module) -> tuple[set[str], set[str]]:
    """The names that functions bind anew, and those of what is changed in place somewhere."""
    rebound: set[str] = set()
    changed: set[str] = set()
    for node in walk(tree):
        held: ast.expr | None = None
        if isinstance(node, ast.Global):
            rebound |= set(node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
            held = node.func.value
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            held = node.value
        if isinstance(held, ast.Name):
            changed.add(held.id)
    return rebound, changed


def _is_for_good(definition: Definition, is_changed: bool) -> bool:
    """Whether a definition can be taken for what the name stands for wherever it is imported."""
    node = definition.statement
    used = {
        part.id if isinstance(part, ast.Name) else part.attr
        for part in walk(node)
        if isinstance(part, (ast.Name, ast.Attribute))
    }
    if not isinstance(node, (ast.Assign, ast.AnnAssign)):
        return used.isdisjoint(REFLECTION)
    value = node.value
    if not used.isdisjoint(REFLECTION | _READS_TERMINAL):
        return False
    if isinstance(value, ast.Call):
        made = getattr(value.func, "id", getattr(value.func, "attr", ""))
        is_empty = not (value.args or value.keywords)
        return made not in _CONTAINERS or not (is_empty or is_changed)
    if isinstance(value, (ast.List, ast.Set)):
        return bool(value.elts) and not is_changed
    if isinstance(value, ast.Dict):
        return bool(value.keys) and not is_changed
    return not (isinstance(value, _COMPREHENSIONS) and is_changed)
