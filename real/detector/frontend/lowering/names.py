"""Lowering of names and assignment targets: SSA variables, memory cells, and guarded access paths."""

from __future__ import annotations

import ast
import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence

from real.detector.frontend.lowering.units import UnitTable
from real.detector.frontend.normalise.inline_arguments import MARK
from real.detector.frontend.scopes import Scope
from real.detector.ir.builder import GraphBuilder
from real.detector.ir.instructions import GlobalName, Operand, Unit


class NameLowerer(GraphBuilder, ABC):
    """Reads and writes variables of one unit.

    A local variable is returned as its name and renamed by SSA construction; everything else as a value number.
    """

    def __init__(self, units: UnitTable, unit: Unit, scope: Scope) -> None:
        super().__init__(unit)
        self.units = units
        self.table = units.table
        self.scope = scope
        self.entry = self.block
        self.continue_in(self.new_block())
        self.entry_vars: set[str] = set()  # free variables and guarded paths that the entry block defines
        self.renames: list[dict[str, str]] = []  # comprehension variables, innermost last
        self.flags: dict[str, list[str]] = {}  # `ok = x in ALLOWED`: testing ok tests x
        self.sources: dict[str, list[ast.expr]] = {}  # `a = b`: testing a may test b, if it is still the same then
        self.fresh = itertools.count()

    @abstractmethod
    def expr(self, node: ast.expr) -> Operand:
        """Lower one expression; returns its operand."""

    def const(self, value: object, node: ast.AST | None = None) -> int:
        """A constant."""
        return self.emit("const", [], value, getattr(node, "lineno", 0))

    # --- names -------------------------------------------------------------------------------------------------------

    def local_var(self, name: str) -> str | None:
        """The SSA variable that ``name`` is here, or ``None`` if it must be read from memory at each use."""
        for renames in reversed(self.renames):
            if name in renames:
                return renames[name]
        scope = self.scope
        if name in scope.bound:
            return None if name in scope.rebound else name
        owners = scope.free.get(name, ())
        if any(name in owner.rebound for owner in owners):
            return None
        if name not in self.entry_vars:
            self.entry_vars.add(name)
            if self.is_constant(name):
                self.at_entry(name, "assign", [self._constant_at_entry(name)], GlobalName(name))
            else:
                self.at_entry(name, "cell" if owners else "builtin", [], (self._cell_owners(owners), name))
        return name

    def is_constant(self, name: str) -> bool:
        """Whether a free variable is a constant of the module."""
        return name in self.table.constants and self.scope.free.get(name, ()) == (self.table.module,)

    def _constant_at_entry(self, name: str) -> int:
        block, self.block = self.block, self.entry
        value = self.emit("const", [], self.table.constants[name], self.unit.line)
        self.block = block
        return value

    def at_entry(self, var: str, op: str, args: list[Operand], extra: object) -> None:
        block = self.block
        catchers, self.catchers = self.catchers, []
        self.block = self.entry
        self.assign(var, op, args, extra, self.unit.line)
        self.block, self.catchers = block, catchers

    def _cell_owners(self, owners: Sequence[Scope]) -> tuple[int, ...]:
        return tuple(self.units.scope_number(owner) for owner in owners)

    def expr_Name(self, node: ast.Name) -> Operand:
        var = self.local_var(node.id)
        if var is None:
            scope = self.scope
            owners = (scope,) if node.id in scope.bound else scope.free[node.id]
            return self.emit("cell", [], (self._cell_owners(owners), node.id), node.lineno)
        return self.pin(var) if self.scope.walrus else var

    def pin(self, operand: Operand) -> int:
        """The operand's value now, even if the variable is assigned before the value is used."""
        return operand if isinstance(operand, int) else self.emit("copy", [operand], None, 0)

    def store_name(self, name: str, value: Operand, node: ast.AST, note: bool = True) -> None:
        """Bind ``name`` in the current scope, as SSA variable, shared cell and class member, whichever apply."""
        line = getattr(node, "lineno", 0)
        shown = name.partition(MARK)[0] if note else None
        for renames in reversed(self.renames):
            if name in renames:
                self.assign(renames[name], "assign", [value], shown, line)
                if name in self.scope.shared:
                    self.emit("setcell", [value], (self._cell_owners([self.scope]), name), line)
                return
        scope = self.scope
        owners = [scope] if name in scope.bound else list(scope.free.get(name, ()))[-1:]
        if name in scope.bound and name not in scope.rebound:
            self.assign(name, "assign", [value], shown, line)
            value = name
        if any(name in owner.shared or name in owner.rebound for owner in owners):
            self.emit("setcell", [value], (self._cell_owners(owners), name), line)
        if self.unit.kind == "class":
            self.emit("setmember", [value], name, line)

    def store(self, target: ast.expr, value: Operand) -> None:
        """Assign ``value`` to any assignment target."""
        if isinstance(target, ast.Name):
            self.forget_paths_of(target.id)
            self.store_name(target.id, value, target)
        elif isinstance(target, ast.Attribute):
            base = self.expr(target.value)
            self.emit("setattr", [base, value], target.attr, target.lineno, target.col_offset)
            self.forget_paths(f".{target.attr}")
        elif isinstance(target, ast.Subscript):
            base = self.expr(target.value)
            self.emit("setsub", [base, self.expr(target.slice), value], None, target.lineno, target.col_offset)
            self.forget_paths("]")
        elif isinstance(target, (ast.Tuple, ast.List)):
            value = self.pin(value)
            starred = next((i for i, item in enumerate(target.elts) if isinstance(item, ast.Starred)), None)
            for index, item in enumerate(target.elts):
                inner = item.value if isinstance(item, ast.Starred) else item
                where: object = index if starred is None or index < starred else index - len(target.elts)
                if index == starred:
                    where = (index, len(target.elts) - index - 1)
                part = self.emit("unpack", [value], (where, index == starred), target.lineno)
                self.store(inner, part)
        elif isinstance(target, ast.Starred):
            self.store(target.value, value)

    # --- guarded access paths: what a test proves about `self.x` or `row["x"]` ---------------------------------------

    def path_of(self, node: ast.expr) -> str | None:
        """``self.x`` and ``row["x"]`` as a pseudo-variable, if nothing but visible stores can change what it holds."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            writers = self.table.attribute_writers.get(node.attr, set())
            hidden = any(scope is not self.scope and getattr(scope.node, "name", "") != "__init__" for scope in writers)
            suffix = f".{node.attr}"
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and isinstance(node.slice, ast.Constant)
        ):
            hidden = bool(self.table.subscript_writers - {self.scope}) or "update" in self.table.names_loaded
            suffix = f"[{node.slice.value!r}]"
        else:
            return None
        base = self.local_var(node.value.id)
        if hidden or base is None or self.table.writes_by_name:
            return None
        return f"{base}{suffix}"

    def guarded_path(self, path: str) -> None:
        """From now on, loads of ``path`` see what tests proved about it."""
        if path not in self.entry_vars:
            self.entry_vars.add(path)
            self.at_entry(path, "unproven", [], None)

    def forget_paths(self, suffix: str) -> None:
        """A store through any base: paths that end in ``suffix`` are unproven again."""
        for path in sorted(self.entry_vars):
            if path.endswith(suffix) and ("." in path or "[" in path):
                self.assign(path, "unproven", [], None, 0)

    def forget_paths_of(self, base: str) -> None:
        """The base variable itself is assigned."""
        for path in sorted(self.entry_vars):
            if path.startswith((f"{base}.", f"{base}[")):
                self.assign(path, "unproven", [], None, 0)

    def load_path(self, node: ast.expr, value: int) -> int:
        path = self.path_of(node) if self.entry_vars else None
        if path is None or path not in self.entry_vars:
            return value
        return self.emit("pathload", [value, path], None, node.lineno)
