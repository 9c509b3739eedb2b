"""Calls of what is not seen: they may call what they are given, keep it, change it, and return anything made of it."""

from __future__ import annotations

from typing import Protocol

from real.detector.analysis.callsites import Args
from real.detector.analysis.containers import Containers
from real.detector.analysis.heap import CONTAINERS, Heap
from real.detector.analysis.replaced_code import ReplacedCode
from real.detector.analysis.state import State
from real.detector.analysis.values import BOTTOM, CLEAN, Obj, Value, join, join_all, ordered
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Instr

_MAX_CALLBACKS = 2  # callbacks that call callbacks
_CALLABLE = frozenset({"function", "bound", "method", "partial", "dynattr", "methodcaller", "attrgetter"})


class ObjectCaller(Protocol):
    """Who calls one object."""

    def call_object(self, obj: Obj, args: Args, instr: Instr) -> Value:
        """Call one object."""


class UnknownCalls:
    """What calls of unknown functions do, and the callbacks that they make."""

    def __init__(
        self, heap: Heap, state: State, replaced: ReplacedCode, containers: Containers, calls: ObjectCaller
    ) -> None:
        self.heap = heap
        self.state = state
        self.replaced = replaced
        self.containers = containers
        self.calls = calls
        # What was called back where: how far the analysis had grown, with what, and what it returned.
        self._called_back: dict[tuple[Obj, Instr, bool], tuple[int, Args, Value]] = {}
        self._beside: Instr | None = None  # where a library's function is called beside the others that it is given

    def call(self, values: list[Value], args: Args, instr: Instr) -> Value:
        """A call of which only this is known: it may use its arguments, call them, and return anything made of them."""
        made = self.heap.part_of(values)
        if any(value.objs for value in args.everything()):
            returned = self.run_callbacks(args, instr, made)
            if returned is not BOTTOM:
                made = join(made, returned)
        return made

    def run_callbacks(self, args: Args, instr: Instr, element: Value, is_known: bool = False) -> Value:
        """Call every argument that can be called, with whatever the other arguments hold.

        Where it ``is_known`` that they are called, that goes for functions of libraries, too.
        """
        result = BOTTOM
        if self._beside is instr:
            return result
        values = args.everything()
        given = _Given(self.containers, values, element, instr)
        for index, value in enumerate(values):
            for obj in ordered(value.objs):
                if obj.kind == "api":
                    self.replaced.handed_on(obj.name, instr)
                    is_called = is_known or (index == 0 and len(args.pos) > 1)  # `retry(f, x)`
                    last = obj.name.rpartition(".")[2]
                    if last not in (self.heap.rules.names if is_called else self.heap.rules.sink_names):
                        continue
                elif obj.kind not in _CALLABLE:
                    continue
                passed = given.beside(index)
                found = Args(rest=passed, named_rest=passed)
                call = self._call_beside if obj.kind == "api" else self.call_back
                result = join(result, call(obj, found, instr))
        return result

    def _call_beside(self, obj: Obj, args: Args, instr: Instr) -> Value:
        """Call a library's function: those among its arguments are called beside it here, so not through it as well."""
        outer = self._beside
        result = self._called(obj, args, instr, is_beside=True)
        self._beside = outer
        return result

    def call_back(self, obj: Obj, args: Args, instr: Instr) -> Value:
        """Call what a library has been given, unless this very call is being looked at.

        At one place, each object is called with all that it has been given there; again only when that has grown, or
        anything else has that the result may be made from. Otherwise callbacks of callbacks would multiply.
        """
        return BOTTOM if self._beside is instr else self._called(obj, args, instr)

    def _called(self, obj: Obj, args: Args, instr: Instr, *, is_beside: bool = False) -> Value:
        self.heap.spend(1)
        if obj in self.state.called_back or len(self.state.called_back) >= _MAX_CALLBACKS:
            return BOTTOM
        known = self._called_back.get((obj, instr, is_beside))
        if known is not None:
            growth, before, result = known
            if not before.covers(args):
                args = before.joined(args)
            elif growth == self.heap.growth:
                return result
        growth = self.heap.growth
        self.state.called_back.add(obj)
        if is_beside:
            self._beside = instr
        result = self.calls.call_object(obj, args, instr)
        self.state.called_back.discard(obj)
        if known is not None:
            result = join(known[2], result)
        self._called_back[obj, instr, is_beside] = growth, args, result
        return result

    def mutate(self, args: Args) -> None:
        """A library function may store one argument in another."""
        values = args.everything()
        if len(values) < 2:
            return
        parts = [self.heap.part_of([value]) for value in values]
        for index, value in enumerate(values):
            holders = [obj for obj in ordered(value.objs) if obj.kind in CONTAINERS]
            others = self.heap.part_of(parts[:index] + parts[index + 1 :]) if holders else CLEAN
            for obj in holders if others.mask else ():
                self.heap.put_unknown(obj, others)

    def give(self, args: Args) -> None:
        """Functions among the arguments are known to somebody else now, who may call them with anything."""
        for value in args.everything():
            for obj in ordered(value.objs):
                if obj.kind in _CALLABLE or obj.kind in CONTAINERS:
                    self.state.kept[obj] = None


class _Given:
    """What a library may pass to a function that it is given: the other arguments of the call, and their elements."""

    def __init__(self, containers: Containers, values: list[Value], element: Value, instr: Instr) -> None:
        self._containers, self._values, self._element, self._instr = containers, values, element, instr
        self._parts: list[Value] | None = None
        self._beside: dict[int, Value] = {}

    def beside(self, index: int) -> Value:
        """Any of what is passed to the function that is the argument of this number."""
        if self._parts is None:
            self._parts = [self._part(value) for value in self._values]
        if index not in self._beside:
            element = BOTTOM if is_callable(self._element) else self._element
            others = self._parts[:index] + self._parts[index + 1 :]
            self._beside[index] = join(element, join_all(others))
        return self._beside[index]

    def _part(self, value: Value) -> Value:
        found = BOTTOM if is_callable(value) else value
        if value.objs or value.mask:
            element = self._containers.iterate(value, self._instr)
            found = found if is_callable(element) else join(found, element)
        return found


def is_callable(value: Value) -> bool:
    """Whether a value is nothing but functions."""
    return bool(value.objs) and not value.mask and every(obj.kind in _CALLABLE for obj in value.objs)
