"""The program's own functions and classes: binding of arguments, instances, inheritance, bound methods."""

from __future__ import annotations

import ast
from typing import Protocol

from real.detector.analysis.callsites import Args
from real.detector.analysis.examples import Examples, without_examples
from real.detector.analysis.heap import Heap
from real.detector.analysis.inheritance import Inheritance, bases, with_unknown
from real.detector.analysis.joint_calls import JointCalls, Member
from real.detector.analysis.state import State, UnitState
from real.detector.analysis.values import (
    BOTTOM,
    Obj,
    Step,
    Value,
    join,
    join_all,
    of_const,
    of_obj,
    ordered,
    plain,
)
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Instr, Unit

_MAX_NESTED_CALLS = 10
_MAX_SURPLUS = 24  # arguments of ``*args`` that are told apart: a function that passes them on with one more ends there
DISPATCHER = "singledispatch"  # the name of a partial that is a function made by it
_METACLASSES = frozenset({"builtins.type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"})
_ENUMS = frozenset({"enum.Enum", "enum.StrEnum", "enum.IntEnum"})  # calling one finds a member


class FunctionCalls(Protocol):
    """The calls that instances and methods make."""

    def call_value(self, fn: Value, args: Args, instr: Instr) -> Value:
        """Call whatever ``fn`` may be."""

    def call_function_value(self, fn: Value, args: Args, instr: Instr, bound: Value) -> Value:
        """Call functions with ``self`` (or ``cls``) bound."""


class Runner(Protocol):
    """Who evaluates units."""

    def run(self, unit: Unit) -> None:
        """Evaluate every instruction of ``unit`` until nothing in it changes."""


def is_dispatcher(obj: Obj) -> bool:
    """Whether an object is a function made by ``singledispatch``: one of several, chosen by the type of an argument."""
    return obj.kind == "partial" and obj.name == DISPATCHER


class Functions:
    """Functions are summarised: all calls share one set of parameters and one result (context-insensitive)."""

    calls: FunctionCalls

    def __init__(self, heap: Heap, state: State, runner: Runner, examples: Examples) -> None:
        self.heap = heap
        self.state = state
        self.examples = examples
        self.runner = runner
        self._inheritance = Inheritance()
        self.joint_calls = JointCalls(heap, state)
        self.calls_are_followed = True  # else a call is one of something unknown: see ``Solver.solve_alone``

    def call_function(self, obj: Obj, args: Args, instr: Instr, bound: Value | None) -> Value:
        """Call a function of the program."""
        unit = obj.unit
        if unit is None:
            return BOTTOM
        if not self.calls_are_followed:
            return self.heap.part_of(args.everything())
        self._note_call(unit, instr, bound)
        self._enter(unit, args, instr, bound)
        state = self.state.states[unit]
        if unit.is_generator:
            return join(of_obj(self.heap.generator(unit)), state.result)
        if not unit.returns:  # abstract: some other definition of it does return
            return self.heap.part_of(args.everything())
        return state.result

    def call_together(self, members: tuple[Member, ...], args: Args, instr: Instr) -> Value:
        """Call many functions of the program at once: see ``joint_calls``."""
        joint = self.joint_calls.joint(members, args)
        self.heap.touch(joint.returned)
        if instr not in joint.places:
            joint.places.add(instr)
            self.heap.spend(len(members) >> 2)
            for unit, bound in members:
                self._note_call(unit, instr, bound)
        if joint.gets(args) and joint.args is not None:
            self.heap.spend(len(members))
            for unit, bound in members:
                self._enter(unit, joint.args, instr, bound)
        result = joint.returned.elements
        if not every(unit.is_generator or unit.returns for unit, _ in members):
            result = join(result, self.heap.part_of(args.everything()))
        return result

    def _note_call(self, unit: Unit, instr: Instr, bound: Value | None) -> None:
        self.state.states[unit].callers[self.heap.unit] = None
        self.state.callees.setdefault(instr, {})[unit, 0 if bound is None else 1] = None
        self.state.call_units[instr] = self.heap.unit

    def _enter(self, unit: Unit, args: Args, instr: Instr, bound: Value | None) -> None:
        """Pass the arguments, and evaluate the function if they are more than before."""
        state = self.state.states[unit]
        if bound is not None:
            args = Args([bound, *args.pos], args.named, args.rest, args.named_rest)
        changed = self._bind_arguments(unit, state, args, instr)
        if changed or not state.reached:
            state.reached = True
            if unit in self.state.stack or len(self.state.stack) > _MAX_NESTED_CALLS:
                self.heap.pending.add(unit)
            else:
                self.heap.pending.discard(unit)
                self.runner.run(unit)

    def _bind_arguments(self, unit: Unit, state: UnitState, args: Args, instr: Instr) -> bool:  # noqa: PLR0912
        params = unit.params
        bound: dict[str, Value] = dict(zip(params.positional, args.pos, strict=False))
        extra = args.pos[len(params.positional) :]
        if args.rest is not None:
            for name in params.positional[len(args.pos) :]:
                bound[name] = args.rest
            extra = [*extra, args.rest]
        spare = {}
        for name, value in args.named.items():
            if name in params.positional or name in params.kwonly:
                bound[name] = join(bound.get(name, BOTTOM), value)
            else:
                spare[name] = value
        if args.named_rest is not None:
            # one that is passed by its place cannot be passed by its name as well
            for name in (*params.positional[len(args.pos) :], *params.kwonly):
                if name not in args.named:
                    bound[name] = join(bound.get(name, BOTTOM), args.named_rest)
        if params.vararg:
            obj = self.heap.obj((unit, "tuple"), "tuple")
            surplus = args.pos[len(params.positional) :]
            for index, value in enumerate(surplus[:_MAX_SURPLUS]):
                self.heap.put(obj, index, value)
            for value in surplus[_MAX_SURPLUS:]:
                self.heap.put_unknown(obj, value)
            if args.rest is not None:
                self.heap.put_unknown(obj, args.rest)
            bound[params.vararg] = of_obj(obj)
        if params.kwarg:
            obj = self.heap.obj((unit, "dict"), "dict")
            for name, value in spare.items():
                self.heap.put(obj, name, value)
            if args.named_rest is not None:
                self.heap.put_unknown(obj, args.named_rest)
                self.heap.put_key(obj, args.named_rest)
            bound[params.kwarg] = of_obj(obj)
        changed = False
        for name, passed in bound.items():
            value = passed
            old = state.params.get(name, BOTTOM)
            if unit in self.state.opened:
                changed = self.examples.note(unit, name, passed) or changed
                value = without_examples(passed)
            new = self.heap.grown(old, value)
            if new is not old:
                if new.mask and not old.mask:
                    note = f"is passed to {unit.name}() as `{name}`"
                    new = Value(
                        new.mask, Step(instr.line, note, new.why, col=instr.col), new.objs, new.consts, new.kind
                    )
                state.params[name] = new
                self.heap.growth += 1
                changed = True
        return changed

    def instance(self, cls: Obj) -> Obj:
        """The one abstract instance of a class."""
        obj = self.heap.obj(("instance", cls), "instance", cls.name, cls.unit)
        self.heap.put(obj, "__class__", of_obj(cls))
        return obj

    def instantiate(self, cls: Obj, args: Args, instr: Instr) -> Value:
        """Call a class of the program; its metaclass may make another thing of the call."""
        made = self._instantiate(cls, args, instr)
        for meta in self.metaclasses(cls) if cls in self.state.made_by_metaclass else ():
            called = self.member(meta, "__call__")
            if called is not None:
                made = join(made, self.calls.call_function_value(called, args, instr, of_obj(cls)))
        return made

    def _instantiate(self, cls: Obj, args: Args, instr: Instr) -> Value:
        obj = self.instance(cls)
        result = of_obj(obj)
        made = self.member(cls, "__new__")
        if made is not None:
            for function in ordered(made.objs):
                inner = function.fields.get("function", of_obj(function))
                result = join(result, self.calls.call_function_value(inner, args, instr, of_obj(cls)))
        init = self.member(cls, "__init__")
        if init is not None:
            self.calls.call_value(self.bind(init, obj, instr), args, instr)
        elif _ENUMS.intersection(self.foreign_bases(cls)) and self.member(cls, "_missing_") is None:
            return result  # one of the members, or an exception
        else:
            names = list(self._annotated(cls))
            for name, value in [*zip(names, args.pos, strict=False), *args.named.items()]:
                self.heap.put(obj, name, value)
            for index, value in enumerate(args.pos[: len(names)]):
                self.heap.put(obj, index, value)  # a NamedTuple is a tuple too
            rest = [*args.pos[len(names) :], *(v for v in (args.rest, args.named_rest) if v is not None)]
            if rest:
                self.heap.put_unknown(obj, join_all(rest))
            after = self.member(cls, "__post_init__")
            if after is not None:
                self.calls.call_value(self.bind(after, obj, instr), Args(), instr)
        return result

    def _annotated(self, cls: Obj) -> dict[str, None]:
        names: dict[str, None] = {}
        for base in bases(cls):
            names.update(self._annotated(base))
        if cls.unit is not None:
            names.update(self.state.fields.get(cls.unit, {}))
        names.update(self.state.named_fields.get(cls, {}))
        return names

    def lineage(self, cls: Obj) -> tuple[Obj, ...]:
        """A class and those of the program that it inherits from, near ones first, each once."""
        return self._inheritance.lineage(cls, self.heap.class_growth)

    def foreign_bases(self, cls: Obj) -> tuple[str, ...]:
        """The library classes that ``cls`` inherits from."""
        return self._inheritance.foreign(cls, self.heap.class_growth)

    def metaclasses(self, cls: Obj) -> list[Obj]:
        """The classes of the program that make a class, and that are called where it is called."""
        if not self._names_metaclass(cls):
            return []
        return [
            other
            for other in self.lineage(cls)
            if _METACLASSES.intersection(self.foreign_bases(other)) and not self._names_metaclass(other)
        ]

    def _names_metaclass(self, cls: Obj) -> bool:
        nodes = (other.unit.node for other in self.lineage(cls) if other.unit is not None)
        return any(
            keyword.arg in ("metaclass", None)
            for node in nodes
            if isinstance(node, ast.ClassDef)
            for keyword in node.keywords
        )

    def member(self, cls: Obj, name: str) -> Value | None:
        """What a class or its bases define under ``name``."""
        found = cls.fields.get(name)
        if found is not None:
            self.heap.touch(cls)
            return with_unknown(cls, name, found)
        return self._inheritance.member(cls, name, self.heap.unit, self.heap.class_growth)

    def bind(self, value: Value, receiver: Obj, instr: Instr) -> Value:
        """What a class attribute is when it is taken from ``receiver``."""
        result = plain(value)
        for obj in ordered(value.objs):
            if obj.kind == "function" or is_dispatcher(obj):
                method = self.heap.obj(("bound", obj, receiver), "bound", obj.name)
                self.heap.put(method, "function", of_obj(obj))
                self.heap.put(method, "self", of_obj(receiver))
                result = join(result, of_obj(method))
            elif obj.kind == "static":
                result = join(result, obj.fields.get("function", BOTTOM))
            elif obj.kind == "classmethod":
                method = self.heap.obj(("bound", obj, receiver), "bound", obj.name)
                self.heap.put(method, "function", obj.fields.get("function", BOTTOM))
                cls = receiver.fields.get("__class__", BOTTOM) if receiver.kind == "instance" else of_obj(receiver)
                self.heap.put(method, "self", cls)
                result = join(result, of_obj(method))
            elif obj.kind == "property":
                result = join(
                    result,
                    self.calls.call_function_value(obj.fields.get("function", BOTTOM), Args(), instr, of_obj(receiver)),
                )
            elif obj.kind == "instance":
                result = join(result, self._described(obj, receiver, instr))
            else:
                result = join(result, of_obj(obj))
        return result

    def _described(self, obj: Obj, receiver: Obj, instr: Instr) -> Value:
        """What an object that a class holds gives for an attribute: itself, unless it is a descriptor."""
        is_instance = receiver.kind == "instance"
        args = [of_obj(receiver), self.class_of(receiver)] if is_instance else [of_const(None), of_obj(receiver)]
        shown = self.call_special(obj, "__get__", args, instr)
        return of_obj(obj) if shown is None else shown

    def class_of(self, obj: Obj) -> Value:
        """The classes of an instance."""
        return obj.fields.get("__class__", BOTTOM)

    def call_special(self, obj: Obj, name: str, args: list[Value], instr: Instr) -> Value | None:
        """Call a special method of an instance of the program's own class; ``None`` where its class defines none."""
        result: Value | None = None
        for cls in ordered(self.class_of(obj).objs):
            found = self.member(cls, name)
            if found is not None:
                called = self.calls.call_value(self.bind(found, obj, instr), Args(list(args)), instr)
                result = called if result is None else join(result, called)
        return result
