"""What the parts of the solver need of each other: shared state, and the operations that another part supplies."""

from __future__ import annotations

from dataclasses import dataclass, field

from real.detector.guards import Guards
from real.detector.heap import Heap
from real.detector.ir import Instr, Program, Unit
from real.detector.values import (
    BOTTOM,
    Obj,
    Value,
)


@dataclass(slots=True)
class Args:
    """The arguments of a call; ``rest`` and ``named_rest`` are any element of a starred argument."""

    pos: list[Value] = field(default_factory=list)
    named: dict[str, Value] = field(default_factory=dict)
    rest: Value | None = None
    named_rest: Value | None = None

    def everything(self) -> list[Value]:
        """All of them."""
        extra = [value for value in (self.rest, self.named_rest) if value is not None]
        return [*self.pos, *self.named.values(), *extra]

    def first(self) -> Value:
        """The first positional argument, as far as it is known."""
        if self.pos:
            return self.pos[0]
        return self.rest if self.rest is not None else BOTTOM

    def at(self, index: int) -> Value:
        """A positional argument, or what a starred one may put there."""
        if index < len(self.pos):
            return self.pos[index]
        return self.rest if self.rest is not None else BOTTOM

    def after(self, count: int) -> Args:
        """The same without the first positional arguments."""
        return Args(self.pos[count:], self.named, self.rest, self.named_rest)


@dataclass(slots=True, eq=False)
class UnitState:
    """What is known about one unit so far."""

    env: list[Value]
    params: dict[str, Value] = field(default_factory=dict)
    result: Value = BOTTOM
    callers: dict[Unit, None] = field(default_factory=dict)
    reached: bool = False


class Context(Heap):
    """The state of one analysis."""

    program: Program
    states: dict[Unit, UnitState]
    stack: list[Unit]  # the units being evaluated, outermost first
    sink_names: set[str]
    calling: set[Obj]  # the callbacks being called by unknown functions
    fields: dict[Unit, dict[str, None]]  # annotated class attributes, in order: a dataclass's parameters
    callees: dict[Instr, dict[tuple[Unit, int], None]]
    guards: Guards
    encoded: Obj  # everything that was turned into code points or hexadecimal digits

    def run(self, unit: Unit) -> None:
        """Evaluate a unit."""
        raise NotImplementedError

    def attribute(self, value: Value, name: str, instr: Instr) -> Value:
        """``value.name``."""
        raise NotImplementedError

    def call_function(self, obj: Obj, args: Args, instr: Instr, bound: Value | None) -> Value:
        """Call a function of the program."""
        raise NotImplementedError

    def instantiate(self, cls: Obj, args: Args, instr: Instr) -> Value:
        """Call a class of the program."""
        raise NotImplementedError

    def member(self, cls: Obj, name: str) -> Value | None:
        """What a class or its bases define under ``name``."""
        raise NotImplementedError

    def bind(self, value: Value, receiver: Obj, instr: Instr) -> Value:
        """What a class attribute is when it is taken from ``receiver``."""
        raise NotImplementedError

    def check_sinks(self, name: str, path: str, args: Args, instr: Instr, unbound: bool) -> bool:
        """Report untrusted arguments of a sink; returns whether this is one."""
        raise NotImplementedError

    def check_possible_sink(self, args: Args, instr: Instr) -> None:
        """Report untrusted arguments of a call that may be any method."""
        raise NotImplementedError

    def source(self, path: str, line: int) -> Value | None:
        """The untrusted value that a library name stands for, if it is a source."""
        raise NotImplementedError

    def is_builder(self, path: str) -> bool:
        """Whether what the call returns binds or quotes the data it is given."""
        raise NotImplementedError

    def is_sink_name(self, name: str) -> bool:
        """Whether some rule has a sink of this name."""
        raise NotImplementedError

    def call_value(self, fn: Value, args: Args, instr: Instr) -> Value:
        """Call whatever ``fn`` may be."""
        raise NotImplementedError

    def call_method(self, receiver: Value, name: str, args: Args, instr: Instr) -> Value:
        """``receiver.name(args)``."""
        raise NotImplementedError

    def call_function_value(self, fn: Value, args: Args, instr: Instr, bound: Value) -> Value:
        """Call functions with ``self`` (or ``cls``) bound."""
        raise NotImplementedError

    def call_dunder(self, obj: Obj, names: tuple[str, ...], args: Args, instr: Instr) -> Value:
        """Call those special methods that the instance's class defines; unknown if it defines none."""
        raise NotImplementedError

    def unknown_call(self, values: list[Value], args: Args, instr: Instr) -> Value:
        """A call of which only this is known: it may use its arguments, call them, and return anything made of them."""
        raise NotImplementedError

    def run_callbacks(self, args: Args, instr: Instr, element: Value) -> Value:
        """Call every argument that can be called, with whatever the other arguments hold."""
        raise NotImplementedError

    def get_attribute(self, receiver: Value, name: Value, instr: Instr) -> Value:
        """``getattr(receiver, name)``: each name it may be, or any."""
        raise NotImplementedError

    def iterate(self, value: Value, instr: Instr) -> Value:
        """Any element of an iterable."""
        raise NotImplementedError

    def as_text(self, value: Value, instr: Instr) -> Value:
        """The value as ``str()``, ``format()`` or ``repr()`` shows it."""
        raise NotImplementedError

    def merge(self, target: Obj, args: Args, instr: Instr) -> None:
        """``dict.update``: another dict, pairs, or keywords."""
        raise NotImplementedError
