"""Entry points: the parameters of a function that the outside can call are chosen by an attacker.

``exposure`` says which functions these are; here they get what the outside may pass, as far as a framework lets it in.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Protocol

from real.detector.analysis.declared_types import Signatures
from real.detector.analysis.examples import without_examples
from real.detector.analysis.exposure import Exposure, is_describing
from real.detector.analysis.functions import Functions
from real.detector.analysis.heap import Heap
from real.detector.analysis.state import State
from real.detector.analysis.values import BOTTOM, NO_OBJS, NUM, Obj, Step, Value, join, of_obj, ordered
from real.detector.analysis.visibility import is_public
from real.detector.frontend.linking.positions import is_linked
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import last_names
from real.detector.models.kinds import Role

_MAX_HEIRS = 12  # objects that `self` may be in one method
# Calls that give functions to a server, a framework or a broker, which calls them with what others send.
_ROUTERS = last_names(Role.REGISTRAR)
_REGISTRARS = _ROUTERS | last_names(Role.CALLBACK)


class Activator(Protocol):
    """Who follows up what an opened function changes."""

    def activate(self, unit: Unit) -> None:
        """Analyse ``unit`` and everything that this changes."""

    def settle(self) -> None:
        """Evaluate what is pending until nothing is."""


class EntryPoints:
    """Opens the functions of one program to the outside, when the flow of its module has been followed."""

    def __init__(self, heap: Heap, state: State, functions: Functions, exposure: Exposure, runner: Activator) -> None:
        self._heap = heap
        self._state = state
        self._functions = functions
        self._exposure = exposure
        self._runner = runner
        self._signatures = Signatures(state.program)
        self._classes = [unit for unit in state.program.units if unit.kind == "class" and is_public(unit)]
        self._heirs_of: tuple[int, dict[Obj, list[Obj]]] = (0, {})  # for so many classes
        self._calls = {unit: _calls(unit) for unit in state.program.units}
        self._count = sum(unit.kind == "function" for unit in state.program.units)

    def open_all(self) -> None:
        """Open every function that the outside can call, and those that nothing in the program calls."""
        functions = [unit for unit in self._state.program.units if unit.kind == "function"]
        named = self._state.program.entry_references
        functions = [*(u for u in functions if u.name not in named), *(u for u in functions if u.name in named)]
        if not self._exposure.is_imported:
            self._exposure.handlers |= dict.fromkeys(self._registered(_ROUTERS))
        functions.sort(key=lambda unit: unit not in self._exposure.handlers)  # what they pass decides about the others
        for unit in functions:
            if self._exposure.is_open_by_name(unit):
                self.open(unit)
        for unit in self._state.program.units:
            if self._exposure.has_open_fields(unit) and not is_linked(unit.line):
                self.open_fields(unit)
        self.open_given_away()
        for unit in functions:
            if not self._state.states[unit].reached and not self.is_inlined(unit):
                self.open(unit)  # nothing in the program calls it
                self.open_given_away()

    def open(self, unit: Unit) -> None:
        """Let the outside call a function, unless that is told of the file that it stands in."""
        if unit not in self._state.opened and not is_linked(unit.line):
            self._state.opened[unit] = None
            self._distrust(unit)

    def open_fields(self, unit: Unit) -> None:
        """Let the outside make objects of a class whose fields are the parameters of its constructor."""
        instance = self._functions.instance(self._heap.obj(("class", unit), "class", unit.name, unit))
        for name in self._state.fields.get(unit, {}):
            why = Step(unit.line, f"field `{name}` of {unit.name} can be anything", None)
            self._heap.put(instance, name, Value(self._heap.rules.all, why))
        self._runner.settle()

    def open_given_away(self) -> None:
        """Open what a server, a library or the caller of an open function has been given, until nothing is added."""
        count = -1
        while count < len(self._state.opened) < self._count:
            count = len(self._state.opened)
            for unit in (*self._registered(_REGISTRARS), *self._exposure.given_away()):
                if not (is_describing(unit) and self._state.states[unit].reached):
                    self.open(unit)

    def _registered(self, registrars: frozenset[str]) -> list[Unit]:
        """The handlers that are given to a server, which calls them with what clients send."""
        found = []
        for unit, calls in self._calls.items():
            for instr in calls if self._state.states[unit].reached else ():
                env = self._state.states[unit].env
                names = {str(instr.extra[0])} if instr.op == "method" else {o.name for o in env[instr.args[0]].objs}
                if registrars.isdisjoint(name.rpartition(".")[2] for name in names):
                    continue
                for operand in instr.args[1:]:
                    for obj in ordered(env[operand].objs) if isinstance(operand, int) else ():
                        functions = obj.fields.get("function", BOTTOM).objs if obj.kind == "bound" else (obj,)
                        found += [o.unit for o in functions if o.kind == "function" and o.unit is not None]
        return found

    def is_inlined(self, unit: Unit | None) -> bool:
        """Whether it, or a function around it, has been put in place of its calls."""
        while unit is not None:
            if unit.inlined and not self._state.states[unit].reached:
                return True
            unit = unit.parent
        return False

    def _distrust(self, unit: Unit) -> None:
        """Take the parameters of ``unit`` as chosen by an attacker."""
        state = self._state.states[unit]
        positional = list(unit.params.positional)
        if unit.is_method and positional and unit.parent is not None:
            self._bind_self(unit, unit.parent, positional.pop(0))
        for name in (*positional, *unit.params.names[len(unit.params.positional) :]):
            known = state.params.get(name, BOTTOM).consts
            note = f"parameter `{name}` of {unit.name}() can be anything"
            why = Step(unit.line, note, None, unit, defaults=known, param=name)
            requested = self._heap.rules.typed if unit in self._exposure.handlers else 0
            value = self._outside(unit, name, self._heap.rules.all | requested, why)
            if name == unit.params.vararg:
                value = self._collected(unit, "tuple", value)
            elif name == unit.params.kwarg:
                value = self._collected(unit, "dict", value)
            self._functions.examples.note(unit, name, state.params.get(name, BOTTOM))
            state.params[name] = join(without_examples(state.params.get(name, BOTTOM)), value)
        state.env = [BOTTOM] * len(state.env)  # what examples made of it is forgotten
        self._runner.activate(unit)

    def _outside(self, unit: Unit, name: str, mask: int, why: Step) -> Value:
        """What comes in through a parameter, as far as the framework lets it in."""
        declared = self._signatures.declared(unit, name)
        if declared == "choice":
            return Value(mask & ~self._heap.rules.testable, why)
        if declared is None:
            return Value(mask, why)
        numbers = self._heap.rules.numbers & ~(self._heap.rules.sizes if declared == "limited" else 0)
        mask &= numbers
        return Value(mask, why if mask else None, NO_OBJS, None, NUM)

    def _collected(self, unit: Unit, kind: str, element: Value) -> Value:
        obj = self._heap.obj((unit, kind), kind)
        self._heap.put_unknown(obj, element)
        if kind == "dict":
            self._heap.put_key(obj, Value(element.mask, element.why))
        return of_obj(obj)

    def _heirs(self, cls: Obj, inherited: Value | None) -> Iterator[Obj]:
        """Public classes of the program that take a method from ``cls``: the outside has objects of them, too.

        A few of them: an object of each would be looked at in each method.
        """
        name = ""
        for obj in inherited.objs if inherited is not None else ():
            name = obj.name
        if name:
            heirs = self._public_heirs().get(cls, ())
            found = (heir for heir in heirs if self._functions.member(heir, name) is inherited)
            yield from itertools.islice(found, _MAX_HEIRS)

    def _public_heirs(self) -> dict[Obj, list[Obj]]:
        """Class -> the public classes of the program that inherit from it, as far as they have been made by now."""
        made = [cls for cls in map(self._class_of, self._classes) if cls is not None]
        if len(made) != self._heirs_of[0]:
            heirs: dict[Obj, list[Obj]] = {}
            for heir in made:
                for cls in self._functions.lineage(heir):
                    if cls is not heir:
                        heirs.setdefault(cls, []).append(heir)
            self._heirs_of = len(made), heirs
        return self._heirs_of[1]

    def _class_of(self, unit: Unit) -> Obj | None:
        return self._heap.objects.get(("class", unit))

    def _bind_self(self, unit: Unit, owner: Unit, name: str) -> None:
        cls = self._heap.obj(("class", owner), "class", owner.name, owner)
        held = self._functions.member(cls, unit.name)
        kinds = {obj.kind for obj in held.objs} if held is not None else set()
        state = self._state.states[unit]
        if "static" in kinds:
            why = Step(unit.line, f"parameter `{name}` of {unit.name}() can be anything", None, unit)
            value = self._outside(unit, name, self._heap.rules.all, why)
        elif "classmethod" in kinds:
            value = of_obj(cls)
        else:
            value = of_obj(self._functions.instance(cls))
            for heir in self._heirs(cls, held):
                value = join(value, of_obj(self._functions.instance(heir)))
        state.params[name] = join(state.params.get(name, BOTTOM), value)


def _calls(unit: Unit) -> list[Instr]:
    """The calls of a unit that may give functions to a server, as far as their names tell."""
    return [
        instr
        for block in unit.blocks
        for instr in block.instrs
        if instr.op == "call" or (instr.op == "method" and str(instr.extra[0]).rpartition(".")[2] in _REGISTRARS)
    ]
