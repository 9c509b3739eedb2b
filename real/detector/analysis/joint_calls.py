"""Calls of many functions at one place: handlers in a list, the overrides of a method, visitors that a name chooses.

A function has one set of parameters and one result, whoever calls it. So all places that call the same functions in the
same way can share the arguments, and one object that holds whatever any of them returns: where each of n functions
calls all n, a round of the fixed point then costs n and not n².
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from real.detector.analysis.callsites import Args
from real.detector.analysis.heap import Heap
from real.detector.analysis.state import State
from real.detector.analysis.values import BOTTOM, Obj, Value, of_obj, ordered
from real.detector.ir.instructions import Instr, Unit

MANY = 6  # functions at one place; fewer are called one by one
Member: TypeAlias = "tuple[Unit, Value | None]"  # a function, and what its first parameter is bound to


@dataclass(slots=True, eq=False)
class Joint:
    """Functions that are called together, with all that they have been passed anywhere."""

    members: tuple[Member, ...]
    returned: Obj
    args: Args | None = None
    places: set[Instr] = field(default_factory=set)

    def gets(self, args: Args) -> bool:
        """Take arguments in; returns whether these are more than before."""
        if self.args is not None and self.args.covers(args):
            return False
        self.args = args if self.args is None else self.args.joined(args)
        return True


class JointCalls:
    """The joints of one analysis, by the objects called and the shape of the call."""

    def __init__(self, heap: Heap, state: State) -> None:
        self.heap = heap
        self.state = state
        self._divided: dict[frozenset[Obj], tuple[tuple[Member, ...], tuple[Obj, ...]]] = {}
        self._joints: dict[tuple[object, ...], Joint] = {}

    def divided(self, objs: frozenset[Obj]) -> tuple[tuple[Member, ...], tuple[Obj, ...]]:
        """The functions among some objects, if they are many, and the objects that are to be called one by one."""
        known = self._divided.get(objs)
        if known is None:
            members: dict[Member, None] = {}
            others = []
            for obj in ordered(objs):
                found = list(_members(obj))
                members.update(dict.fromkeys(found))
                if not found:
                    others.append(obj)
            known = (tuple(members), tuple(others)) if len(members) >= MANY else ((), tuple(ordered(objs)))
            self._divided[objs] = known
        return known

    def joint(self, members: tuple[Member, ...], args: Args) -> Joint:
        """The one joint for calls of this shape."""
        key = (members, len(args.pos), frozenset(args.named), args.rest is None, args.named_rest is None)
        found = self._joints.get(key)
        if found is None:
            found = self._joints[key] = Joint(members, self.heap.obj(("joint", len(self._joints)), "cell", "joint"))
            for unit, _ in members:
                state = self.state.states[unit]
                state.joints.append(found.returned)
                self.heap.put_unknown(found.returned, state.result)
                if unit.is_generator:
                    self.heap.put_unknown(found.returned, of_obj(self.heap.generator(unit)))
        return found


def _members(obj: Obj) -> Iterable[Member]:
    """The function that an object is, or a method bound to an instance: these two never become anything else."""
    if obj.kind == "function" and obj.unit is not None:
        yield obj.unit, None
    elif obj.kind == "bound":
        functions, this = obj.fields.get("function", BOTTOM), obj.fields.get("self", BOTTOM)
        if len(functions.objs) == len(this.objs) == 1 and not functions.mask | this.mask:
            (function,), (instance,) = functions.objs, this.objs
            if function.kind == "function" and function.unit is not None and instance.kind == "instance":
                yield function.unit, this
