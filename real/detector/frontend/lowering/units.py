"""The units of a program while it is lowered: one for each definition, made when it is first met."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Mapping

from real.detector.frontend.normalise.inline_arguments import MARK
from real.detector.frontend.plain_classes import PlainClass, plain_classes
from real.detector.frontend.scopes import Scope, ScopeTable
from real.detector.ir.instructions import Params, Program, Unit


class UnitTable:
    """What the lowering of all units shares; ``inlined`` has the functions whose code stands in place of calls."""

    def __init__(
        self, tree: ast.Module, builtins: frozenset[str], inlined: Mapping[ast.AST, tuple[ast.AST, ...]]
    ) -> None:
        self.table = ScopeTable(tree)
        self.builtins = builtins
        self.star_imports: list[str] = []
        self.pending: deque[tuple[Unit, Scope]] = deque()
        self._inlined = inlined
        self._numbers = {scope: number for number, scope in enumerate(self.table.scopes.values())}
        self._units: dict[ast.AST, Unit] = {}

    def plain_classes(self, tree: ast.Module) -> dict[str, PlainClass]:
        """The classes of the module that only hold attributes, and that no other binds the name of."""
        return plain_classes(tree.body, self.table.binds_once)

    def scope_number(self, scope: Scope) -> int:
        """A stable number for memory cells."""
        return self._numbers[scope]

    def unit_for(self, node: ast.AST, name: str, kind: str, parent: Unit | None, params: Params) -> Unit:
        """The unit of a definition, created once even where a ``finally`` body is lowered twice."""
        if node not in self._units:
            unit = Unit(name.partition(MARK)[0], kind, len(self._units), getattr(node, "lineno", 1), parent, params)
            unit.inlined = node in self._inlined
            unit.is_method = kind == "function" and parent is not None and parent.kind == "class"
            unit.node = node
            self._units[node] = unit
            self.pending.append((unit, self.table.scopes[node]))
        return self._units[node]

    def program(self) -> Program:
        """The program of all units, when none is pending."""
        copies = {
            self._units[node]: tuple(self._units[other] for other in others if other in self._units)
            for node, others in self._inlined.items()
            if node in self._units
        }
        return Program(
            tuple(self._units.values()), frozenset(self.table.names_loaded), tuple(self.star_imports), copies
        )
