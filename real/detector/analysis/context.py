"""What the parts of the solver need of each other: shared state, and the operations that another part supplies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from real.detector.analysis.callsites import Args
from real.detector.analysis.guards import Guards
from real.detector.analysis.heap import Heap
from real.detector.analysis.values import (
    BOTTOM,
    Obj,
    Value,
)
from real.detector.ir.instructions import Instr, Program, Unit


@dataclass(slots=True, eq=False)
class UnitState:
    """What is known about one unit so far."""

    env: list[Value]
    params: dict[str, Value] = field(default_factory=dict)
    result: Value = BOTTOM
    callers: dict[Unit, None] = field(default_factory=dict)
    reached: bool = False


class Context(Heap, ABC):
    """The state of one analysis."""

    program: Program
    states: dict[Unit, UnitState]
    stack: list[Unit]  # the units being evaluated, outermost first
    called_back: set[Obj]  # the callbacks being called by unknown functions
    calling: dict[Obj, int]  # what is being called that is no function itself, and how often
    fields: dict[Unit, dict[str, None]]  # annotated class attributes, in order: a dataclass's parameters
    callees: dict[Instr, dict[tuple[Unit, int], None]]  # call -> the functions of the program it calls
    call_units: dict[Instr, Unit]  # call -> the unit it is in
    guards: Guards
    kept: dict[Obj, None]  # the functions that libraries are given to keep
    opened: dict[Unit, None]  # the functions that the outside can call: see ``exposure``
    encoded: Obj  # everything that was turned into code points or hexadecimal digits

    @abstractmethod
    def run(self, unit: Unit) -> None:
        """Evaluate a unit."""

    @abstractmethod
    def attribute(self, value: Value, name: str, instr: Instr) -> Value:
        """``value.name``."""

    @abstractmethod
    def call_function(self, obj: Obj, args: Args, instr: Instr, bound: Value | None) -> Value:
        """Call a function of the program."""

    @abstractmethod
    def instantiate(self, cls: Obj, args: Args, instr: Instr) -> Value:
        """Call a class of the program."""

    @abstractmethod
    def member(self, cls: Obj, name: str) -> Value | None:
        """What a class or its bases define under ``name``."""

    @abstractmethod
    def bind(self, value: Value, receiver: Obj, instr: Instr) -> Value:
        """What a class attribute is when it is taken from ``receiver``."""

    @abstractmethod
    def record_call(
        self, name: str, path: str, args: Args, instr: Instr, receiver: Value | None = None, shift: int = 0
    ) -> bool:
        """Note a call that rules may ask about; returns whether its result is trusted, whatever goes in."""

    @abstractmethod
    def record_possible_sink(self, args: Args, instr: Instr) -> None:
        """Note a call that may be any method."""

    @abstractmethod
    def dynamic_code(self, instr: Instr, what: str) -> None:
        """Note that code is made from text here: unless a rule reports it, the program is unanalyzable."""

    @abstractmethod
    def is_open(self, unit: Unit) -> bool:
        """Whether the outside can call a function; known once the flow of the module has been followed."""

    @abstractmethod
    def source(self, path: str, instr: Instr) -> Value | None:
        """The untrusted value that a library name stands for, if it is a source."""

    @abstractmethod
    def call_object(self, obj: Obj, args: Args, instr: Instr) -> Value:
        """Call one object."""

    @abstractmethod
    def known_items(self, value: Value) -> list[Value] | None:
        """The elements of a list or tuple, in order, where they are known."""

    @abstractmethod
    def call_value(self, fn: Value, args: Args, instr: Instr) -> Value:
        """Call whatever ``fn`` may be."""

    @abstractmethod
    def call_method(self, receiver: Value, name: str, args: Args, instr: Instr) -> Value:
        """``receiver.name(args)``."""

    @abstractmethod
    def call_function_value(self, fn: Value, args: Args, instr: Instr, bound: Value) -> Value:
        """Call functions with ``self`` (or ``cls``) bound."""

    @abstractmethod
    def call_dunder(self, obj: Obj, names: tuple[str, ...], args: Args, instr: Instr) -> Value:
        """Call those special methods that the instance's class defines; unknown if it defines none."""

    @abstractmethod
    def unknown_call(self, values: list[Value], args: Args, instr: Instr) -> Value:
        """A call of which only this is known: it may use its arguments, call them, and return anything made of them."""

    @abstractmethod
    def call_back(self, obj: Obj, args: Args, instr: Instr) -> Value:
        """Call what a library has been given, unless this very call is being looked at."""

    @abstractmethod
    def run_callbacks(self, args: Args, instr: Instr, element: Value, is_known: bool = False) -> Value:
        """Call every argument that can be called, with whatever the other arguments hold."""

    @abstractmethod
    def get_attribute(self, receiver: Value, name: Value, instr: Instr) -> Value:
        """``getattr(receiver, name)``: each name it may be, or any."""

    @abstractmethod
    def iterate(self, value: Value, instr: Instr) -> Value:
        """Any element of an iterable."""

    @abstractmethod
    def as_text(self, value: Value, instr: Instr) -> Value:
        """The value as ``str()``, ``format()`` or ``repr()`` shows it."""

    @abstractmethod
    def merge(self, target: Obj, args: Args, instr: Instr) -> None:
        """``dict.update``: another dict, pairs, or keywords."""
