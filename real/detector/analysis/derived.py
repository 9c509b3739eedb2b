"""What has been derived from the fixed point of one program so far, for all rules."""

from __future__ import annotations

from functools import cached_property

from real.detector.analysis.atoms import Conditions
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.controlling_tests import ControllingTests
from real.detector.analysis.existence import Existence
from real.detector.analysis.operations import Operations
from real.detector.analysis.returned import Texts
from real.detector.analysis.slices import Reads, Slicer
from real.detector.analysis.solver import Solver
from real.detector.analysis.uses import Uses
from real.detector.ir.control_dependence import ControlFlow
from real.detector.ir.instructions import Instr, Unit


class Derived:
    """The fixed point of one program and what has been derived from it so far, shared by all rules."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self.slicer = Slicer(solver)
        self.conditions = Conditions(self.slicer, self.control_of)
        self.tests = ControllingTests(self.slicer, self.conditions, self.control_of)
        self.operations = Operations(self.slicer)
        self.texts = Texts(self.slicer)
        self.uses = Uses(self.slicer, self.control_of)
        self.existence = Existence(self.slicer)
        self.control: dict[Unit, ControlFlow] = {}
        self.shared: dict[object, object] = {}
        self.listed: dict[tuple[Unit, tuple[str, ...]], list[Instr]] = {}

    @cached_property
    def sites(self) -> dict[str, list[CallSite]]:
        """Qualified name or method name -> the recorded calls of it, in source order."""
        found: dict[str, list[CallSite]] = {}
        for site in sorted(self.solver.records.sites.values(), key=in_source):
            for name in {site.path, site.name}:
                found.setdefault(name, []).append(site)
        return found

    def control_of(self, unit: Unit) -> ControlFlow:
        """Control dependence in a unit, computed once."""
        found = self.control.get(unit)
        if found is None:
            found = self.control[unit] = ControlFlow(unit, self.solver.heap.spend)
        return found

    @cached_property
    def call_sites(self) -> dict[Unit, list[tuple[Unit, Instr, int]]]:
        """Called function -> (caller, call, 1 if ``self`` is bound), for calls between functions of the program."""
        found: dict[Unit, list[tuple[Unit, Instr, int]]] = {}
        for instr, targets in self.solver.state.callees.items():
            for target, bound in targets:
                found.setdefault(target, []).append((self.solver.state.call_units[instr], instr, bound))
        return found

    @cached_property
    def declarations(self) -> dict[Unit, Reads]:
        """Function or class -> what its decorators and bases are made from."""
        found: dict[Unit, Reads] = {}
        for unit in self.solver.state.program.units:
            for block in unit.blocks:
                for instr in block.instrs:
                    if instr.op == "decorate":
                        target = self._defined(unit, instr.args[1])
                        if target is not None:
                            found.setdefault(target, Reads()).update(self.slicer.reads(unit, instr.args[0]))
                    elif instr.op == "class":
                        for base in instr.args:
                            found.setdefault(instr.extra, Reads()).update(self.slicer.reads(unit, base))
        return found

    @cached_property
    def defaults(self) -> dict[Unit, dict[str, Reads]]:
        """Function -> parameter -> what its default is made from."""
        found: dict[Unit, dict[str, Reads]] = {}
        for unit in self.solver.state.program.units:
            for block in unit.blocks:
                for instr in block.instrs:
                    if instr.op == "function":
                        target, names = instr.extra
                        parts = zip(names, instr.args, strict=True)
                        found[target] = {name: self.slicer.reads(unit, arg) for name, arg in parts}
        return found

    @staticmethod
    def _defined(unit: Unit, operand: int) -> Unit | None:
        for _ in range(len(unit.defs)):
            instr = unit.defs[operand]
            if instr is None:
                return None
            if instr.op == "function":
                return instr.extra[0] if isinstance(instr.extra[0], Unit) else None
            if instr.op == "class":
                return instr.extra if isinstance(instr.extra, Unit) else None
            if instr.op != "decorate":
                return None
            operand = instr.args[1]
        return None


def in_source(site: CallSite) -> tuple[int, int, str]:
    """The place of a call in the program."""
    return site.instr.line, site.instr.col, site.path
