"""The state of one analysis: what is known of each unit, who calls what, and what the outside can reach."""

from __future__ import annotations

from dataclasses import dataclass, field

from real.detector.analysis.heap import Heap
from real.detector.analysis.values import BOTTOM, Obj, Value
from real.detector.ir.instructions import Instr, Program, Unit


@dataclass(slots=True, eq=False)
class UnitState:
    """What is known about one unit so far."""

    env: list[Value]
    params: dict[str, Value] = field(default_factory=dict)
    result: Value = BOTTOM
    callers: dict[Unit, None] = field(default_factory=dict)
    asked_by: dict[Unit, None] = field(default_factory=dict)  # who has relied on what its returns prove of parameters
    joints: list[Obj] = field(default_factory=list)  # what hold its result: see ``joint_calls``
    reached: bool = False


class State:
    """Shared by all parts of the solver."""

    def __init__(self, program: Program, heap: Heap) -> None:
        self.program = program
        self.states = {unit: UnitState([BOTTOM] * unit.values) for unit in program.units}
        self.stack: list[Unit] = []  # the units being evaluated, outermost first
        self.called_back: set[Obj] = set()  # the callbacks being called by unknown functions
        self.calling: dict[Obj, int] = {}  # what is being called that is no function itself, and how often
        self.fields: dict[Unit, dict[str, None]] = {}  # annotated class attributes, in order: a dataclass's parameters
        self.named_fields: dict[Obj, dict[str, None]] = {}  # of classes that ``namedtuple()`` makes
        self.callees: dict[Instr, dict[tuple[Unit, int], None]] = {}  # call -> the functions of the program it calls
        self.call_units: dict[Instr, Unit] = {}  # call -> the unit it is in
        self.kept: dict[Obj, None] = {}  # the functions that libraries are given to keep
        self.opened: dict[Unit, None] = {}  # the functions that the outside can call: see ``exposure``
        # Parameter of an open function, or attribute of an object that keeps one -> the library's objects that calls of
        # the program pass for it.
        self.examples: dict[tuple[Unit | Obj, str], frozenset[Obj]] = {}
        self.made_by_metaclass: dict[Obj, None] = {}  # the classes whose metaclass is of the program
        self.encoded = heap.obj("encoded", "cell", "encoded")  # all that became code points or hexadecimal digits

    def is_open(self, unit: Unit) -> bool:
        """Whether the outside can call a function; known once the flow of the module has been followed."""
        return unit in self.opened
