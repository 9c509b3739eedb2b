"""What a file imports from its project, and under which names it has it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from real.detector.frontend.bindings import Bindings
from real.detector.frontend.linking.definitions import Imported, imports_in
from real.detector.frontend.linking.entries import enters
from real.detector.frontend.linking.module_names import bound_in
from real.detector.frontend.linking.modules import Foreign, Module, Symbol, Target, attribute_of, imports_of
from real.detector.frontend.tree_walk import size_of, walk


def is_header(node: ast.stmt) -> bool:
    """Whether a statement stands where a file begins: a text or an import."""
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_text or isinstance(node, (ast.Import, ast.ImportFrom))


class OwnImports:
    """The imports of one file.

    ``targets`` are those from its project, by the identity of the alias; ``by_name`` what a name stands for in the
    whole file; ``shared`` what it imports of libraries before anything else runs; ``taken`` the names that mean
    something else in it, and ``hidden`` those of them at the top. ``enters``: data from outside enter in the file.
    """

    def __init__(self, tree: ast.Module, module: Module) -> None:
        self.tree = tree
        self.targets: dict[int, Target] = {}
        self.by_name: dict[str, Target] = {}
        self.shared: dict[Imported, str] = {}
        self.taken: frozenset[str] = frozenset()
        self.hidden: frozenset[str] = frozenset()
        self._module = module
        self._count: Counter[str] = Counter()
        self._names: dict[int, str] = {}  # alias -> what it binds
        self._read: frozenset[str] = frozenset()
        self._stars: list[Module | None] = []
        self._nodes = walk(tree)
        self.size = size_of(self._nodes)
        self.enters = enters(self._nodes)
        for node in self._nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._note(node)

    @property
    def is_any(self) -> bool:
        """Whether there is anything to link."""
        return bool(self.targets or self.by_name or self._stars)

    def _note(self, node: ast.Import | ast.ImportFrom) -> None:
        meant = dict(imports_of(self._module, node))
        for alias in node.names:
            if alias.name == "*" and isinstance(node, ast.ImportFrom):
                self._stars.append(self._module.find(node.level, node.module or ""))
                continue
            target = meant[id(alias)]
            name = alias.asname or alias.name
            if isinstance(node, ast.Import) and alias.asname is None and "." in alias.name:
                name = alias.name.partition(".")[0]  # that is what it binds
                target = self._module.find(0, name)
            elif _is_of_project(target, self._module):
                self.targets[id(alias)], self._names[id(alias)] = target, name
            if not _is_of_project(target, self._module):
                continue
            self._count[name] += 1 if self.by_name.setdefault(name, target) == target else len(self._nodes)

    def settle(self, found: Bindings) -> None:
        """Keep as names for the whole file those that nothing else in it binds."""
        self.by_name = {name: target for name, target in self.by_name.items() if self._count[name] == found.bound[name]}
        self.by_name |= dict(self._taken_whole(found))
        self._read = frozenset(found.loads)  # what is only imported for others is of no use here
        undefined = {name for name in found.loads if name not in found.bound}
        self.taken = frozenset((found.bound.keys() | undefined) - self.by_name.keys())
        at_top = Counter(name for node in self.tree.body for name in bound_in([node]))
        self.hidden = frozenset(at_top.keys() - self.by_name.keys())
        for node in self.tree.body:
            if not is_header(node):
                break
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for name, imported in imports_in(node):
                    if at_top[name] == 1 and not imported.level:
                        self.shared.setdefault(imported, name)

    def _taken_whole(self, found: Bindings) -> Iterator[tuple[str, Target]]:
        """What names that nothing binds stand for, where the file takes all names of a module of its project."""
        for star in filter(None, self._stars):
            for name in found.loads.keys() - found.bound.keys():
                target = star.content.resolve(name) if not name.startswith("_") else None
                if _is_of_project(target, self._module):
                    yield name, target

    def wanted(self, lines: frozenset[int]) -> Iterator[Target]:
        """What the file uses of what it imports, or what the functions do that some ``lines`` stand in."""
        attributes = self.attributes()
        if not lines:
            yield from (target for alias, target in self.targets.items() if self._names[alias] in self._read)
            yield from (target for name, target in self.by_name.items() if name in self._read)
            yield from attributes.values()
            return
        for node in (node for part in _parts_at(self.tree.body, lines) for node in walk(part)):
            if isinstance(node, ast.Name):
                yield self.by_name.get(node.id)
            elif isinstance(node, ast.alias):
                yield self.targets.get(id(node))
            else:
                yield attributes.get(id(node))

    def attributes(self) -> dict[int, Target]:
        """By the identity of each node ``module.name`` what it stands for."""
        found: dict[int, Target] = {}
        for node in reversed(self._nodes):  # from the inside out
            if isinstance(node, ast.Attribute):
                value = node.value
                holder = self.by_name.get(value.id) if isinstance(value, ast.Name) else found.get(id(value))
                if isinstance(holder, Module):
                    found[id(node)] = attribute_of(holder, node.attr)
        return found


def _is_of_project(target: Target, importer: Module) -> bool:
    """Whether something is of the project, or comes from elsewhere through another file of it."""
    return isinstance(target, (Symbol, Module)) or (isinstance(target, Foreign) and target.module is not importer)


def _parts_at(statements: Iterable[ast.stmt], lines: frozenset[int]) -> Iterator[ast.AST]:
    """The statements that some lines stand in; of a class its methods, and what it is made of."""
    for node in statements:
        if lines.isdisjoint(range(node.lineno, (node.end_lineno or node.lineno) + 1)):
            continue
        if isinstance(node, ast.ClassDef):
            yield from (*node.bases, *node.decorator_list)
            yield from _parts_at(node.body, lines)
        else:
            yield node
