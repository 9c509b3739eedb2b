"""What library functions with a meaning of their own are given: the parts below the dispatch of calls, and that."""

from __future__ import annotations

from typing import Protocol

from real.detector.analysis.attributes import Attributes
from real.detector.analysis.callsites import Args
from real.detector.analysis.containers import Containers
from real.detector.analysis.heap import Heap
from real.detector.analysis.records import Records
from real.detector.analysis.state import State
from real.detector.analysis.values import Obj, Value
from real.detector.ir.instructions import Instr


class Caller(Protocol):
    """The dispatch of calls as library functions see it."""

    heap: Heap
    state: State
    records: Records
    containers: Containers
    attributes: Attributes

    def is_called_by_name(self, instr: Instr, name: str) -> bool:
        """Whether a call is one of the built-in function of this name, written as such."""

    def known_items(self, value: Value) -> list[Value] | None:
        """The elements of a list or tuple, in order, where they are known."""

    def call_value(self, fn: Value, args: Args, instr: Instr) -> Value:
        """Call whatever ``fn`` may be."""

    def call_method(self, receiver: Value, name: str, args: Args, instr: Instr) -> Value:
        """``receiver.name(args)``."""

    def unknown_call(self, values: list[Value], args: Args, instr: Instr) -> Value:
        """A call of which only this is known: it may use its arguments, call them, and return anything made of them."""

    def call_back(self, obj: Obj, args: Args, instr: Instr) -> Value:
        """Call what a library has been given, unless this very call is being looked at."""

    def run_callbacks(self, args: Args, instr: Instr, element: Value, is_known: bool = False) -> Value:
        """Call every argument that can be called, with whatever the other arguments hold."""

    def get_attribute(self, receiver: Value, name: Value, instr: Instr) -> Value:
        """``getattr(receiver, name)``: each name it may be, or any."""
