"""The modules of a project as the linker sees them, and what a name in one of them stands for."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from real.detector.frontend.linking.definitions import Binding, Definition, Definitions, Imported, definitions_of
from real.detector.frontend.linking.entries import brings_data, enters
from real.detector.frontend.linking.module_names import names_of_module
from real.detector.frontend.tree_walk import size_of, walk

_PARTS_OF_CONSTANTS = (
    *(ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.expr_context),
    *(ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop, ast.Name),
)
Seen: TypeAlias = set[tuple[str, str]]


@dataclass(slots=True, eq=False)
class Module:
    """A file of the project: where it lies, what it is called, how to read it, and how to find what it imports.

    ``find(level, dotted)`` is the module that an import in this one means, or ``None`` for one of another project.
    ``is_library``: what callers pass is data from outside as well, so that imports are followed whatever enters.
    """

    path: str
    name: str  # dotted, as other files import it
    is_package: bool
    read: Callable[[], str | None]
    find: Callable[[int, str], Module | None]
    is_library: bool = False
    _content: Content | None = None

    @property
    def content(self) -> Content:
        """The definitions of the file; none where it cannot be read or parsed."""
        if self._content is None:
            self._content = Content(self, _parsed(self.read()))
        return self._content

    def forget(self) -> None:
        """Give the memory of the syntax tree back; it is read anew where it is needed again."""
        self._content = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition of a module of the project."""

    module: Module
    name: str

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.module.path, self.name


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something of another project, or of this one that is not followed: bound by an import."""

    imported: Imported
    module: Module  # the one that imports it
    is_defined: bool = False  # the module has it, but not for good: nothing is known of it


Target: TypeAlias = Symbol | Module | Foreign | None


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """What a definition needs: by the identity of its nodes what they stand for; and how large it is, in nodes.

    ``enters``: data from outside enter in it.
    """

    targets: Mapping[int, Target]
    size: int
    enters: bool


@dataclass(slots=True, eq=False)
class Content:
    """What is known of a module that has been read."""

    module: Module
    tree: ast.Module
    definitions: Definitions = field(init=False)
    _uses: dict[str, Uses] = field(default_factory=dict)
    _resolved: dict[str, Target] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.definitions = definitions_of(self.tree)

    def statement(self, name: str) -> ast.stmt:
        """The statement that defines a name, which is one of the definitions."""
        binding = self.definitions.names[name]
        assert isinstance(binding, Definition)
        return binding.statement

    def is_constant(self, name: str) -> bool:
        """Whether a definition is an assignment of a text, a number or a collection of them."""
        value = getattr(self.statement(name), "value", None)
        return value is not None and all(isinstance(node, _PARTS_OF_CONSTANTS) for node in walk(value))

    def resolve(self, name: str) -> Target:
        """What a name of the module stands for; ``None``: nothing binds it, so that it is a builtin or undefined."""
        if name not in self._resolved:
            self._resolved[name] = _resolved(self.module, name, set())
        return self._resolved[name]

    def uses(self, name: str) -> Uses:
        """What the definition of a name needs of this module and, through its imports, of others."""
        if name not in self._uses:
            self._uses[name] = self._uses_in(self.statement(name))
        return self._uses[name]

    def _uses_in(self, statement: ast.stmt) -> Uses:
        nodes = walk(statement)
        targets: dict[int, Target] = {}
        for used in names_of_module(statement):
            target = self.resolve(used.id)
            if target is not None:
                targets[id(used)] = target
        _take_attributes(nodes, targets)
        for node in nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                targets |= dict(imports_of(self.module, node))
        imported = (target.imported for target in targets.values() if isinstance(target, Foreign))
        return Uses(targets, size_of(nodes), enters(nodes) or any(map(brings_data, imported)))


def imports_of(module: Module, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[int, Target]]:
    """By the identity of each alias of an import what it means."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield id(alias), followed(module, Imported(node.level, node.module or "", alias.name))
        else:
            yield id(alias), followed(module, Imported(0, alias.name))


def _take_attributes(nodes: list[ast.AST], targets: dict[int, Target]) -> None:
    """``db.run`` of a module ``db`` is what that module calls ``run``; nested ones from the inside."""
    for node in reversed(nodes):  # breadth first, reversed: what is inside comes first
        if isinstance(node, ast.Attribute) and id(node.value) in targets:
            holder = targets[id(node.value)]
            found = attribute_of(holder, node.attr) if isinstance(holder, Module) else None
            if found is not None:
                targets[id(node)] = found


def attribute_of(module: Module, name: str) -> Target:
    """What ``module.name`` stands for: something that it has, or a module in it."""
    return _resolved(module, name, set()) or (module.find(1, name) if module.is_package else None)


def followed(module: Module, imported: Imported, seen: Seen | None = None) -> Target:
    """What an import in ``module`` means; ``seen`` are the names that have led here."""
    holder = module.find(imported.level, imported.module)
    if imported.name is None:
        return holder or Foreign(imported, module)
    found = _resolved(holder, imported.name, set() if seen is None else seen) if holder is not None else None
    if found is None or isinstance(found, Foreign):
        dotted = f"{imported.module}.{imported.name}" if imported.module else imported.name
        found = module.find(imported.level, dotted) or found
    return found or Foreign(imported, module)


def _resolved(module: Module, name: str, seen: Seen) -> Target:
    if (module.path, name) in seen:
        return None  # modules that import a name from each other
    seen.add((module.path, name))
    definitions = module.content.definitions
    if name in definitions.names:
        return _meaning(module, name, definitions.names[name], seen)
    for star in definitions.stars:
        holder = module.find(star.level, star.module)
        found = _resolved(holder, name, seen) if holder is not None else None
        if found is not None:
            return found
    return None


def _meaning(module: Module, name: str, binding: Binding | None, seen: Seen) -> Target:
    if isinstance(binding, Imported):
        return followed(module, binding, seen)
    if isinstance(binding, Definition):
        return Symbol(module, name)
    return Foreign(Imported(0, module.name, name), module, is_defined=True)


def _parsed(code: str | None) -> ast.Module:
    nothing = ast.Module([], [])
    if code is None:
        return nothing
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return nothing
