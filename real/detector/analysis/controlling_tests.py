"""The tests that decide whether something is reached: of the branches it depends on, and of helpers called before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from real.detector.analysis.atoms import Atom, Conditions, Via
from real.detector.analysis.slices import Slicer
from real.detector.analysis.witness import every
from real.detector.ir.control_dependence import ControlFlow
from real.detector.ir.instructions import Block, Edge, Instr, Unit


class ControllingTests:
    """Finds the tests, each once."""

    def __init__(self, slicer: Slicer, conditions: Conditions, control_of: Callable[[Unit], ControlFlow]) -> None:
        self.slicer = slicer
        self.conditions = conditions
        self.control_of = control_of
        self._tests: dict[tuple[Unit, Instr], list[Atom]] = {}
        self._helpers: dict[tuple[Unit, Instr], list[Atom]] = {}  # the same, of helpers called before
        self._returning: dict[tuple[Unit, Via], list[Atom]] = {}  # what must have held for a helper to return

    def of(self, unit: Unit, instr: Instr) -> list[Atom]:
        """The elementary tests that decide whether ``instr`` is reached."""
        known = self._tests.get((unit, instr))
        if known is None:
            known = self._tests[unit, instr] = self._found(unit, instr)
        return known

    def _found(self, unit: Unit, instr: Instr) -> list[Atom]:
        control = self.control_of(unit)
        conditions = self.conditions
        found: list[Atom] = []
        for branch in control.branches(control.home[instr]):
            found += conditions.atoms(
                unit, branch.instr.args[0], branch.sense, branch.necessary, leaning=branch.leaning
            )
        return [*found, *self.of_helpers(unit, instr)]

    def of_helpers(self, unit: Unit, instr: Instr) -> list[Atom]:
        """The tests that must have held for the helpers called before to return."""
        known = self._helpers.get((unit, instr))
        if known is not None:
            return known
        found = self._helpers[unit, instr] = []
        for earlier in self.control_of(unit).before(instr):
            if earlier.op in ("call", "method"):
                run, is_sure = self.slicer.run_units(unit, earlier)
                for callee, bound in run:
                    atoms = self._of_return(callee, (earlier, unit, bound))
                    found += atoms if is_sure else [replace(atom, necessary=False) for atom in atoms]
        return found

    def _of_return(self, callee: Unit, via: Via) -> list[Atom]:
        known = self._returning.get((callee, via))
        if known is not None:
            return known
        conditions = self.conditions
        control = self.control_of(callee)
        returns = [instr for block in callee.blocks for instr in block.instrs if instr.op == "return"]
        goals = {control.home[instr] for instr in returns}
        found = self._returning[callee, via] = []
        for instr in returns:
            for branch, sense in control.deciding(control.home[instr], goals):  # otherwise the helper raises
                necessary = branch.necessary and len(returns) == 1
                found += conditions.atoms(callee, branch.instr.args[0], sense, necessary, via)
        return found

    def _helper_passes(self, unit: Unit, instr: Instr, passes: Callable[[Atom], bool]) -> bool:
        """Whether some call before has run, whichever function it was of, a test that ``passes`` accepts."""
        for earlier in self.control_of(unit).before(instr):
            called = self.slicer.called_units(earlier) if earlier.op in ("call", "method") else []
            if not called or self.slicer.library_names(unit, earlier):
                continue
            run, _ = self.slicer.run_units(unit, earlier)
            if len(run) == len(called) and every(
                any(passes(atom) for atom in self._of_return(callee, (earlier, unit, bound))) for callee, bound in run
            ):
                return True
        return False

    def _passes_on_edge(self, unit: Unit, start: Block, end: Block, passes: Callable[[Atom], bool]) -> bool:
        last = start.instrs[-1] if start.instrs else None
        if last is None or last.op != "branch" or end not in last.extra:
            return False
        sense = end is last.extra[0]
        return any(passes(atom) for atom in self.conditions.atoms(unit, last.args[0], sense, necessary=True))

    def passes_on_every_way(self, unit: Unit, goal: Instr | Block | Edge, passes: Callable[[Atom], bool]) -> bool:
        """Whether each way from the entry of a unit to ``goal`` has an outcome of a test that ``passes`` accepts.

        A block stands for its beginning.
        """
        control = self.control_of(unit)
        place = goal.start if isinstance(goal, Edge) else goal
        first = (
            place.instrs[-1 if isinstance(goal, Edge) else 0] if isinstance(place, Block) and place.instrs else place
        )
        if isinstance(first, Instr) and self._helper_passes(unit, first, passes):
            return True
        if isinstance(goal, Edge) and self._passes_on_edge(unit, goal.start, goal.end, passes):
            return True
        end = place if isinstance(place, Block) else control.home[place]
        seen = {unit.blocks[0]}
        work = [unit.blocks[0]]
        while work:
            block = work.pop()
            if block is end:
                return False
            for successor in block.succs:
                if successor not in seen and not self._passes_on_edge(unit, block, successor, passes):
                    seen.add(successor)
                    work.append(successor)
        self.slicer.solver.heap.spend(len(seen))
        return True
