"""Conditions taken apart: which elementary tests decide a branch, also where they are hidden in a helper function."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from real.detector.analysis.slices import Reads, Slicer
from real.detector.ir.call_shapes import passed_operands
from real.detector.ir.control_dependence import ControlFlow
from real.detector.ir.instructions import COPIES, Block, Instr, Unit

_NEGATED = {
    "In": "NotIn", "NotIn": "In", "Eq": "NotEq", "NotEq": "Eq", "Is": "IsNot", "IsNot": "Is",
    "Lt": "GtE", "GtE": "Lt", "Gt": "LtE", "LtE": "Gt",
}  # fmt: skip
Via: TypeAlias = tuple[Instr, Unit, int]  # the call of a helper, who makes it, and 1 where ``self`` is bound
_MAX_DEPTH = 3
_MAX_ATOMS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """One elementary test, as it holds on the way to what it controls.

    ``op`` is an operator of ``ast`` (``Eq``, ``NotIn``, ``Lt``, ...; already negated where the way leads through the
    false side, be it one of several ways), ``call`` (a call whose truth is tested) or ``truth`` (any other value).
    ``sense`` is ``None`` where either outcome may lead there, and ``necessary`` says that the other outcome excludes
    it. ``operands`` are values of ``unit``; where that is a helper, ``via`` is the call of the helper, ``caller`` the
    unit that makes it and ``bound`` 1 if the helper's first parameter is ``self``.
    """

    unit: Unit
    instr: Instr
    op: str
    operands: tuple[int, ...]
    sense: bool | None
    necessary: bool
    via: Instr | None = None
    caller: Unit | None = None
    bound: int = 0

    @property
    def method(self) -> str:
        """The name of the method whose result is tested: ``startswith``; empty for any other test."""
        return str(self.instr.extra[0]) if self.op == "call" and self.instr.op == "method" else ""


@dataclass(frozen=True, slots=True)
class _Place:
    """The unit that a condition is in, how the way goes on from it, and through which call of a helper it is seen.

    ``leaning`` is the outcome that goes on straight away where the other may go on as well.
    """

    unit: Unit
    sense: bool | None
    necessary: bool
    via: Via | None = None
    depth: int = 0
    leaning: bool | None = None

    def negated(self) -> _Place:
        """The place of ``x`` in ``not x``."""
        sense, leaning = (None if side is None else not side for side in (self.sense, self.leaning))
        return replace(self, sense=sense, leaning=leaning)


class Conditions:
    """Finds the atoms of branch conditions."""

    def __init__(self, slicer: Slicer, control: Callable[[Unit], ControlFlow]) -> None:
        self._slicer = slicer
        self._control = control
        self._known: dict[tuple[int, _Place], list[Atom]] = {}
        self._reads: dict[Atom, Reads] = {}

    def atoms(
        self,
        unit: Unit,
        operand: int,
        sense: bool | None,
        necessary: bool,
        via: Via | None = None,
        leaning: bool | None = None,
    ) -> list[Atom]:
        """The elementary tests behind a condition, at most a few dozen; ``via`` is the call that leads to ``unit``."""
        place = _Place(unit, sense, necessary, via, leaning=leaning)
        known = self._known.get((operand, place))
        if known is None:
            known = self._known[operand, place] = list(itertools.islice(self._atoms(place, operand, set()), _MAX_ATOMS))
        return known

    def reads(self, atom: Atom) -> Reads:
        """What the operands of an atom depend on; parameters of a helper count as what the caller passes for them."""
        known = self._reads.get(atom)
        if known is None:
            known = self._reads[atom] = self._read(atom)
        return known

    def _read(self, atom: Atom) -> Reads:
        found = Reads()
        for operand in atom.operands:
            found.update(self._slicer.reads(atom.unit, operand))
        if atom.via is None or atom.caller is None:
            return found
        passed = passed_operands(atom.via, atom.unit, atom.bound)
        names, found.params = found.params, set()
        found.origins = {origin for origin in found.origins if origin.instr.op != "param"}
        for name in sorted(names):
            for operand in passed.get(name, ()):
                found.update(self._slicer.reads(atom.caller, operand))
        return found

    def _atoms(self, place: _Place, operand: int, seen: set[tuple[Unit, int]]) -> Iterator[Atom]:
        unit = place.unit
        instr = unit.defs[operand] if operand < len(unit.defs) else None
        if instr is None or (unit, operand) in seen:
            return
        seen.add((unit, operand))
        self._slicer.solver.heap.spend(1)
        if instr.op in COPIES:
            yield from self._atoms(place, instr.args[0], seen)
        elif instr.op == "unary" and instr.extra == "Not":
            yield from self._atoms(place.negated(), instr.args[0], seen)
        elif instr.op == "phi":
            yield from self._chosen(place, instr, seen)
        elif instr.op == "compare":
            for index, op in enumerate(instr.extra):
                yield from self._compared(place, instr, op, instr.args[index], instr.args[index + 1], seen)
        elif instr.op in ("call", "method"):
            yield from self._called(place, instr, seen)
        elif instr.op != "const":
            yield _atom(place, instr, "truth", (operand,))

    def _chosen(self, place: _Place, phi: Instr, seen: set[tuple[Unit, int]]) -> Iterator[Atom]:
        """The atoms of a flag: `a and b` as a value, or a constant that is assigned under a condition."""
        control = self._control(place.unit)
        block = control.home[phi]
        wanted: list[tuple[int, Block]] = []  # where the flag becomes what leads on: by a constant,
        decided: list[tuple[int, Block]] = []  # by a value tested before,
        other: list[tuple[int, Block]] = []  # by a value that nothing is known about
        for arg, pred in zip(phi.args, block.preds, strict=True):
            constant, truth = self._truth(place.unit, arg, pred, control)
            if truth is None or place.sense is None:
                other.append((arg, pred))
            elif truth is place.sense:
                (wanted if constant else decided).append((arg, pred))
        if len(other) + len(decided) + len(wanted) == 1:  # `a and b`: there is one way only, with all its tests
            for arg, pred in (*other, *decided, *wanted):
                yield from self._atoms(place, arg, seen)
                yield from self._on_the_way(place, pred, seen)
            return
        loose = replace(place, necessary=False)
        for arg, _ in (*other, *(decided if not wanted else ())):  # of `a or True`, `a` decides nothing
            yield from self._atoms(loose, arg, seen)
        goals = [pred for _, pred in (*wanted, *decided)]
        for _, pred in wanted:
            last = pred.instrs[-1] if pred.instrs else None
            if last is not None and last.op == "branch" and len(goals) == 1:  # straight from the test to here
                yield from self._atoms(replace(loose, sense=last.extra[0] is block), last.args[0], seen)
            for branch, sense in control.deciding(pred, goals):
                yield from self._atoms(replace(loose, sense=sense), branch.instr.args[0], seen)

    def _truth(self, unit: Unit, operand: int, pred: Block, control: ControlFlow) -> tuple[bool, bool | None]:
        """Whether an operand is a constant, and its truth at the end of a block, where that is known."""
        root = self._slicer.solver.guards.root
        value = unit.defs[root(unit, operand)]
        if value is None:
            return False, None
        if value.op == "const":
            return True, bool(value.extra)
        branches = control.branches(pred)
        self._slicer.solver.heap.spend(len(branches) >> 2)
        for branch in branches:
            if branch.sense is not None and root(unit, branch.instr.args[0]) == value.dst:
                return False, branch.sense
        return False, None

    def _on_the_way(self, place: _Place, block: Block, seen: set[tuple[Unit, int]]) -> Iterator[Atom]:
        """The atoms of the branches that must have gone one way for ``block`` to be reached."""
        for branch in self._control(place.unit).branches(block):
            necessary = place.necessary and branch.necessary
            way = replace(place, sense=branch.sense, necessary=necessary, leaning=branch.leaning)
            yield from self._atoms(way, branch.instr.args[0], seen)

    def _compared(
        self, place: _Place, instr: Instr, op: str, left: int, right: int, seen: set[tuple[Unit, int]]
    ) -> Iterator[Atom]:
        root = self._slicer.solver.guards.root
        if root(place.unit, left) == root(place.unit, right):
            return  # `x == x` says nothing
        side = place.leaning if place.sense is None else place.sense
        shown = _NEGATED.get(op, op) if side is False else op
        yield _atom(place, instr, shown, (left, right))
        other, tested = place.unit.defs[right], place.unit.defs[left]
        if shown in ("Is", "IsNot", "Eq", "NotEq") and other is not None and other.op == "const":
            inner = bool(other.extra) == (shown in ("Is", "Eq"))  # `check(x) is True`, `find(x) is not None`
            if tested is not None and tested.op in ("call", "method") and self._slicer.called_units(tested):
                yield from self._called(replace(place, sense=inner), tested, seen)

    def _called(self, place: _Place, instr: Instr, seen: set[tuple[Unit, int]]) -> Iterator[Atom]:
        unit = place.unit
        operands = tuple(arg for arg in instr.args if isinstance(arg, int))
        yield _atom(place, instr, "call", operands)
        quantifier = self._slicer.library_names(unit, instr) & {"builtins.any", "builtins.all"}
        if quantifier:
            everywhere = quantifier == ({"builtins.all"} if place.sense else {"builtins.any"})  # of each element
            inner = replace(place, necessary=place.necessary and everywhere and place.sense is not None)
            for definition in self._slicer.definitions(unit, list(operands[1:])):
                if definition.op == "build":
                    for store in self._slicer.stores_into(unit).get(definition.dst, ()):
                        yield from self._atoms(inner, store.args[-1], seen)
        if place.depth >= _MAX_DEPTH:
            return
        run, is_sure = self._slicer.run_units(unit, instr)
        for callee, bound in run:
            via = place.via if place.via is not None else (instr, unit, bound)
            necessary = place.necessary and is_sure
            within = replace(place, unit=callee, via=via, depth=place.depth + 1, necessary=necessary)
            returns = [step for block in callee.blocks for step in block.instrs if step.op == "return"]
            leading = [step for step in returns if self._may_be(callee, step.args[0], place.sense)]
            if len(leading) == 1:
                yield from self._on_the_way(within, self._control(callee).home[leading[0]], seen)
            else:
                within = replace(within, necessary=False)
                for block in callee.blocks:
                    for step in block.instrs[-1:]:
                        if step.op == "branch":
                            yield from self._atoms(replace(within, sense=None, leaning=None), step.args[0], seen)
            for step in leading:
                yield from self._atoms(within, step.args[0], seen)

    def _may_be(self, unit: Unit, operand: int, sense: bool | None) -> bool:
        value = unit.defs[self._slicer.solver.guards.root(unit, operand)]
        return sense is None or value is None or value.op != "const" or bool(value.extra) is sense


def _atom(place: _Place, instr: Instr, op: str, operands: tuple[int, ...]) -> Atom:
    via = place.via if place.via is not None else (None, None, 0)
    return Atom(place.unit, instr, op, operands, place.sense, place.necessary, *via)
