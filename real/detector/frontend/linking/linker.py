"""The linker: copies what a file imports from its project in front of it, the nearest first, as far as there is room.

1. *Choose*, breadth first from the file's own imports: a definition, what it needs of its module, what that imports.
   Cycles end by themselves, since a definition is chosen once; a limit of steps from file to file, and of nodes, ends
   the rest. What is not chosen stays an import, of which nothing is known, as where files are looked at one by one.
2. *Copy* the chosen statements behind the file's own imports, with their names made free of the file's own, and their
   lines moved into their file's range (``positions``).
3. *Bind*: the file's uses of an imported name, or of a module's attribute, become uses of the copy.
"""

from __future__ import annotations

import ast
import builtins
from collections import deque
from dataclasses import dataclass, field

from real.detector.frontend.bindings import Bindings
from real.detector.frontend.linking.copies import Binder, Copier, absolute
from real.detector.frontend.linking.definitions import Imported
from real.detector.frontend.linking.modules import Foreign, Module, Symbol, Target
from real.detector.frontend.linking.own_imports import OwnImports, is_header
from real.detector.frontend.linking.positions import STRIDE
from real.detector.frontend.normalise.inline_arguments import MARK
from real.detector.frontend.tree_walk import walk

MAX_STEPS = 4  # from file to file
MIN_NODES = 2_000  # that may be linked to a small file ...
SHARE = 0.5  # ... and to a large one, as a share of its own
MAX_NODES = 30_000


@dataclass(slots=True)
class Linker:
    """Links one file."""

    tree: ast.Module
    module: Module
    files: list[str] = field(default_factory=lambda: [""])  # by number; the first is the program's own
    around: frozenset[int] = frozenset()  # lines: what is not used around them matters less
    has_left: bool = False  # only constants have been linked, because no data enter
    _chosen: dict[tuple[str, str], str] = field(default_factory=dict)  # definition -> the name of its copy
    _imports: dict[Imported, str] = field(default_factory=dict)  # what an added import brings -> its name
    _added: list[ast.stmt] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def run(self) -> tuple[str, ...]:
        """Link in place; returns the paths of the files that have become part of the program, its own left empty."""
        own = OwnImports(self.tree, self.module)
        if not own.is_any:
            return ()
        own.settle(Bindings(self.tree))
        self._taken = {*own.taken, *_BUILTINS}
        self._imports = dict(own.shared)
        linked = _in_order(self._worth(self._choose(own), own))
        for symbol in linked:
            self._chosen[symbol.key] = self._free(symbol.name)
        for symbol in linked:
            self._copy(symbol)
        binder = Binder(self, own)
        binder.visit(self.tree)
        place = next((i for i, node in enumerate(self.tree.body) if not is_header(node)), len(self.tree.body))
        self.tree.body[place:place] = [*self._added, *binder.assignments]
        return tuple(self.files) if self._added else ()

    # --- choosing ----------------------------------------------------------------------------------------------------

    def _choose(self, own: OwnImports) -> list[Symbol]:
        """What is linked, the nearest first."""
        room = min(MAX_NODES, max(MIN_NODES, int(SHARE * own.size)))
        order: list[Symbol] = []
        waiting: deque[tuple[Target, int]] = deque((target, 0) for target in own.wanted(self.around))
        seen: set[tuple[str, str]] = set()
        while waiting:
            target, steps = waiting.popleft()
            if not isinstance(target, Symbol) or target.key in seen or target.module is self.module:
                continue
            seen.add(target.key)
            uses = target.module.content.uses(target.name)
            if uses.size > room or self._hides_builtin(target, own):
                continue
            room -= uses.size
            order.append(target)
            for needed in uses.targets.values():
                further = steps + (isinstance(needed, Symbol) and needed.module is not target.module)
                if further <= MAX_STEPS and isinstance(needed, Symbol):
                    waiting.append((needed, further))
        return order

    def _worth(self, chosen: list[Symbol], own: OwnImports) -> list[Symbol]:
        """Of what is chosen all, where data enter in the file or in what it imports; else the constants."""
        if self.around or self.module.is_library or own.enters:
            return chosen
        if any(symbol.module.content.uses(symbol.name).enters for symbol in chosen):
            return chosen
        kept = [symbol for symbol in chosen if symbol.module.content.is_constant(symbol.name)]
        self.has_left = len(kept) < len(chosen)
        return kept

    def _hides_builtin(self, symbol: Symbol, own: OwnImports) -> bool:
        """Whether a definition uses a builtin under a name that the file itself gives to something else."""
        if own.hidden.isdisjoint(_BUILTINS):
            return False
        statement = symbol.module.content.statement(symbol.name)
        targets = symbol.module.content.uses(symbol.name).targets
        names = (node for node in walk(statement) if isinstance(node, ast.Name) and id(node) not in targets)
        return any(node.id in own.hidden for node in names)

    def _free(self, name: str) -> str:
        made = name
        number = 0
        while made in self._taken:
            number += 1
            made = f"{name}{MARK}{number}"
        self._taken.add(made)
        return made

    # --- copying -----------------------------------------------------------------------------------------------------

    def _copy(self, symbol: Symbol) -> None:
        shift = self._start_of(symbol.module)
        name = self._chosen[symbol.key]
        self._added.append(Copier(self, symbol.module.content, shift).statement(symbol.name, name))

    def _start_of(self, module: Module) -> int:
        """What the lines of a file begin behind."""
        if module.path not in self.files:
            self.files.append(module.path)
        return self.files.index(module.path) * STRIDE

    def name_of(self, target: Target) -> str | None:
        """The name under which the program has a target; imported under a free one where it has none yet."""
        if isinstance(target, Symbol):
            if target.key in self._chosen:
                return self._chosen[target.key]
            if target.module is self.module:
                return target.name
            target = Foreign(Imported(0, target.module.name, target.name), target.module)
        if isinstance(target, Module):
            target = Foreign(Imported(0, target.name), target)
        return self._imported(target) if target is not None else None

    def known(self, target: Target) -> str | None:
        """The name of the copy of a definition, where there is one, or of what a library has under it."""
        if isinstance(target, Foreign) and not target.is_defined:
            return self._imported(target)
        return self._chosen.get(target.key) if isinstance(target, Symbol) else None

    def _imported(self, target: Foreign) -> str:
        """The name of something that is imported for linked code, as the file itself does where it does."""
        wanted = absolute(target)
        if wanted not in self._imports:
            what = wanted.name or wanted.module
            name = self._free(what.rpartition(".")[2])
            alias = ast.alias(what, name if name != what else None)
            made = ast.ImportFrom(wanted.module, [alias], 0) if wanted.name else ast.Import([alias])
            made.lineno = made.end_lineno = self._start_of(target.module) + 1
            self._added.insert(0, ast.fix_missing_locations(made))
            self._imports[wanted] = name
        return self._imports[wanted]


_BUILTINS = frozenset(vars(builtins))


def _in_order(symbols: list[Symbol]) -> list[Symbol]:
    """The same with what a definition needs before it, as far as there are no circles."""
    chosen = {symbol.key: symbol for symbol in symbols}
    done: dict[tuple[str, str], Symbol] = {}
    entered: set[tuple[str, str]] = set()
    waiting = list(reversed(symbols))
    while waiting:
        symbol = waiting[-1]
        if symbol.key in entered:
            done.setdefault(waiting.pop().key, symbol)
            continue
        entered.add(symbol.key)
        for needed in symbol.module.content.uses(symbol.name).targets.values():
            if isinstance(needed, Symbol) and needed.key in chosen and needed.key not in entered:
                waiting.append(needed)
    return list(done.values())
