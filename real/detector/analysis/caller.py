"""What library functions with a meaning of their own are given: the parts below the dispatch of calls, and that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from real.detector.analysis.arguments import Arguments
from real.detector.analysis.attributes import Attributes
from real.detector.analysis.callsites import Args
from real.detector.analysis.containers import Containers
from real.detector.analysis.heap import Heap
from real.detector.analysis.records import Records
from real.detector.analysis.state import State
from real.detector.analysis.unknown_calls import UnknownCalls
from real.detector.analysis.values import Value
from real.detector.ir.instructions import Instr


class Caller(Protocol):
    """The dispatch of calls as library functions see it."""

    heap: Heap
    state: State
    records: Records
    containers: Containers
    attributes: Attributes
    arguments: Arguments
    unknown: UnknownCalls

    def call_value(self, fn: Value, args: Args, instr: Instr) -> Value:
        """Call whatever ``fn`` may be."""

    def call_method(self, receiver: Value, name: str, args: Args, instr: Instr) -> Value:
        """``receiver.name(args)``."""

    def get_attribute(self, receiver: Value, name: Value, instr: Instr) -> Value:
        """``getattr(receiver, name)``: each name it may be, or any."""


LibraryFunction: TypeAlias = Callable[[Caller, Args, Instr], Value]  # what a call of it with these arguments gives
