"""Lowering of conditions: short-circuit evaluation, pi instructions on the guarded edges, loops over iterables."""

from __future__ import annotations

import ast
from abc import abstractmethod

from real.detector.frontend.lowering.names import NameLowerer
from real.detector.frontend.normalise.inline_body import Inlined
from real.detector.ir.builder import connect
from real.detector.ir.instructions import Block, Operand

MAX_SOURCES = 2  # variables that a tested variable may be a copy of
# What such a comparison proves, it may prove of either side.
_SYMMETRIC = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


class ConditionLowerer(NameLowerer):
    """Ends blocks with branches."""

    def condition(self, test: ast.expr, then: Block, other: Block) -> None:
        """Branch to ``then`` or ``other``; the current block ends."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self.condition(test.operand, other, then)
        elif self._is_bool_call(test):
            self.condition(test.args[0], then, other)  # type: ignore[attr-defined]
        elif isinstance(test, ast.BoolOp):
            for part in test.values[:-1]:
                rest = self.new_block()
                if isinstance(test.op, ast.And):
                    self.condition(part, rest, other)
                else:
                    self.condition(part, then, rest)
                self.start(rest)
            self.condition(test.values[-1], then, other)
        elif isinstance(test, ast.Constant):
            connect(self.block, then if test.value else other)
        elif isinstance(test, ast.Name) and self._is_always_true(test.id):
            connect(self.block, then)
        else:
            candidates = self.candidates(test)
            self.branch(self.expr(test), then, other, candidates)

    def _is_always_true(self, name: str) -> bool:
        """``if role == "admin" or MODERATOR``."""
        return self.is_constant(name) and bool(self.table.constants[name])

    def _is_bool_call(self, test: ast.expr) -> bool:
        """``bool(x)``, whose truth is that of ``x``."""
        return (
            isinstance(test, ast.Call)
            and isinstance(test.func, ast.Name)
            and test.func.id == "bool"
            and len(test.args) == 1
            and not test.keywords
            and not isinstance(test.args[0], ast.Starred)
            and self.table.is_builtin("bool")
        )

    def branch(self, value: Operand, then: Block, other: Block, candidates: list[str]) -> None:
        """End the current block with a two-way branch on ``value``, which may be a test of the candidate variables."""
        if candidates:
            value = self.pin(value)
        tested = self.block
        targets = []
        for target, sense in ((then, True), (other, False)):
            edge = self.new_block() if candidates else target
            connect(tested, edge)
            targets.append(edge)
            if candidates:
                self.start(edge)
                for var in candidates:
                    self.assign(var, "pi", [var, value], sense, 0)
                connect(self.block, target)
        self.block = tested
        self.emit("branch", [value], tuple(targets), 0)

    def candidates(self, test: ast.expr) -> list[str]:  # noqa: PLR0912
        """The SSA variables that ``test`` may say something about."""
        found: list[str] = []
        if isinstance(test, ast.Compare):
            self._subject(test.left, found)
            for op, comparator in zip(test.ops, test.comparators, strict=True):
                if isinstance(op, _SYMMETRIC):
                    self._subject(comparator, found)
        elif isinstance(test, ast.Call):
            if isinstance(test.func, ast.Attribute):
                self._subject(test.func.value, found)
            for arg in test.args:
                self._subject(arg, found)
                if isinstance(arg, (ast.GeneratorExp, ast.ListComp)):  # ``any(x == one for one in known)``
                    found += [var for var in self.candidates(arg.elt) if var not in found]
        elif isinstance(test, ast.UnaryOp):
            return self.candidates(test.operand)
        elif isinstance(test, ast.Name):
            return self.flags.get(test.id, [])
        elif isinstance(test, ast.NamedExpr):
            return self.candidates(test.value)
        elif isinstance(test, Inlined):
            for node in test.body:
                if isinstance(node, ast.Return) and node.value is not None:
                    return self.candidates(node.value)
        return found

    def _note_parameters(self, node: Inlined) -> None:
        """What the parameters of an inlined call are, before it is lowered."""
        for statement in node.body:
            if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
                return
            self.note_source(statement.targets[0].id, statement.value)

    @abstractmethod
    def is_copy(self, node: ast.expr) -> bool:
        """Whether it is a copy of its only argument."""

    def note_source(self, name: str, value: ast.expr) -> None:
        """``name`` is assigned what another variable holds."""
        if isinstance(value, ast.Call) and self.is_copy(value):
            value = value.args[0]
        if isinstance(value, (ast.Name, ast.NamedExpr, ast.Attribute, ast.Subscript)):
            self.sources.setdefault(name, []).append(value)

    def _subject(self, node: ast.expr, found: list[str]) -> None:
        if isinstance(node, ast.NamedExpr):
            self._subject(node.value, found)
            node = node.target
        if isinstance(node, ast.Name):
            var = self.local_var(node.id)
            if var is not None and var not in found:
                found.append(var)
                for source in self.sources.get(node.id, ())[:MAX_SOURCES]:
                    self._subject(source, found)
            return
        path = self.path_of(node)
        if path is not None:
            self.guarded_path(path)
            if path not in found:
                found.append(path)
        elif isinstance(node, ast.Call):
            found += [var for var in self.candidates(node) if var not in found]
        elif isinstance(node, Inlined) and isinstance(node.body[-1], ast.Return) and node.body[-1].value is not None:
            self._note_parameters(node)
            self._subject(node.body[-1].value, found)

    def loop_over(self, iterable: int, target: ast.expr) -> tuple[Block, Block]:
        """Open a loop that binds ``target`` to each element and emit into its body; returns (header, exit)."""
        header, body, done = self.new_block(), self.new_block(), self.new_block()
        self.continue_in(header)
        element = self.emit("iterate", [iterable], None, target.lineno)
        connect(header, body)
        connect(header, done)
        self.start(body)
        self.store(target, element)
        return header, done
