"""What the program's own calls pass for the parameters of functions that the outside calls: examples of their use.

An example does not make a parameter what it passes: others may pass something else. But it is one of the things that
the parameter may be, and a method of it that does harm then does: ``session.get(url)``, where a session is passed.
"""

from __future__ import annotations

from real.detector.analysis.guards import Guards
from real.detector.analysis.heap import CONTAINERS, Heap
from real.detector.analysis.state import State
from real.detector.analysis.values import NO_OBJS, Obj, Value
from real.detector.ir.instructions import Instr, Unit


def without_examples(value: Value) -> Value:
    """What a call of the program tells about a parameter of an open function: its data, and objects of the program.

    That an example passes a list, a dictionary or an object that a library has made does not make the parameter one. A
    function of a library is what the parameter may be, as one of the program is: ``def run(line, go=os.system)``.
    """
    if not value.objs:
        return value
    own = frozenset(
        obj for obj in value.objs if obj.kind not in CONTAINERS and (obj.kind != "api" or "()" not in obj.name)
    )
    return value if own == value.objs else Value(value.mask, value.why, own, None, value.kind)


class Examples:
    """The objects of libraries that calls of the program pass."""

    def __init__(self, heap: Heap, state: State, guards: Guards) -> None:
        self.heap = heap
        self.state = state
        self.guards = guards

    def note(self, owner: Unit | Obj, name: str, value: Value) -> bool:
        """Remember what a call passes for a parameter; returns whether that is new."""
        found = frozenset(obj for obj in value.objs if obj.kind == "api" and "()" in obj.name)
        known = self.state.examples.get((owner, name), NO_OBJS)
        if found <= known:
            return False
        self.state.examples[owner, name] = known | found
        self.heap.growth += 1
        return True

    def note_kept(self, obj: Obj, attribute: str, operand: int) -> None:
        """``self.session = session``: what is passed for the parameter is what the object keeps."""
        held = self._of_parameter(self.heap.unit.defs[self.guards.root(self.heap.unit, operand)])
        if held and self.note(obj, attribute, Value(objs=held)):
            self.heap.pending |= obj.readers

    def of(self, operand: int) -> frozenset[Obj]:
        """The library's objects that an operand of the unit that is evaluated may be, by what the program passes."""
        if not self.state.examples:
            return NO_OBJS
        unit = self.heap.unit
        made = unit.defs[self.guards.root(unit, operand)]
        if made is None or made.op != "attr":
            return self._of_parameter(made)
        found = NO_OBJS
        for obj in self.state.states[unit].env[made.args[0]].objs:
            found |= self.state.examples.get((obj, str(made.extra)), NO_OBJS)
        return found

    def _of_parameter(self, made: Instr | None) -> frozenset[Obj]:
        if made is None or made.op != "param" or not self.state.examples:
            return NO_OBJS
        return self.state.examples.get((self.heap.unit, str(made.extra)), NO_OBJS)
