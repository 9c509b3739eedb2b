"""What making a class calls: ``__set_name__`` of what it holds, ``__init_subclass__`` of its bases, its metaclass.

And what a copy or a pickle of its objects calls, wherever that is made: ``__reduce__``.

They may change the class. The namespace that a metaclass gets is the class itself, which stands for its own
``__dict__``: what is stored there, or given to ``type.__new__``, is stored in the class.
"""

from __future__ import annotations

from real.detector.analysis.attributes import AttributeCalls
from real.detector.analysis.callsites import Args
from real.detector.analysis.functions import Functions
from real.detector.analysis.heap import Heap
from real.detector.analysis.inheritance import bases
from real.detector.analysis.records import Records
from real.detector.analysis.state import State
from real.detector.analysis.values import BOTTOM, NUMBER, Obj, Value, join, of_const, of_obj, ordered
from real.detector.ir.instructions import Instr


class ClassHooks:
    """Calls the hooks of the classes of one program."""

    def __init__(self, heap: Heap, state: State, records: Records, functions: Functions, calls: AttributeCalls) -> None:
        self._heap = heap
        self._state = state
        self._records = records
        self._functions = functions
        self._calls = calls

    def made(self, cls: Obj, instr: Instr) -> Value:
        """Call what Python calls when the body of a class has run; returns what the class may be then."""
        self._heap.touch(cls)
        for name, value in list(cls.fields.items()):
            for obj in ordered(value.objs):
                if obj.kind == "instance":
                    self._set_name(obj, cls, str(name), instr)
        for base in bases(cls):
            self._call(self._functions.member(base, "__init_subclass__"), [], of_obj(cls), instr)
        for meta in self._functions.metaclasses(cls):
            self._make(cls, meta, instr)
        for name in ("__reduce__", "__reduce_ex__"):
            self._rebuild(cls, name, instr)
        result = of_obj(cls)
        for obj in ordered(cls.fields.get("__bases__", BOTTOM).objs):
            if obj.kind in ("function", "partial", "bound"):  # ``metaclass=make``
                passed = [of_const(cls.name), BOTTOM, of_obj(cls)]
                result = join(result, self._calls.call_value(of_obj(obj), Args(passed), instr))
        return result

    def _rebuild(self, cls: Obj, name: str, instr: Instr) -> None:
        """What ``__reduce__`` of a class names is called wherever an object is copied or read from a pickle."""
        if name not in cls.fields:
            return
        made = self._functions.call_special(self._functions.instance(cls), name, [NUMBER], instr)
        for parts in ordered(made.objs) if made is not None else ():
            for passed in ordered(parts.fields.get(1, BOTTOM).objs):
                args = [value for place, value in passed.fields.items() if isinstance(place, int)]
                rebuilt = self._calls.call_value(parts.fields.get(0, BOTTOM), Args(args), instr)
                if 2 in parts.fields and any(obj.kind in ("function", "class") for obj in rebuilt.objs):
                    self._records.dynamic_code(instr, f"what {name}() stores into a function or a class")

    def _set_name(self, held: Obj, cls: Obj, name: str, instr: Instr) -> None:
        for owner in ordered(held.fields.get("__class__", BOTTOM).objs):
            found = self._functions.member(owner, "__set_name__")
            self._call(found, [of_obj(cls), of_const(name)], of_obj(held), instr)

    def _make(self, cls: Obj, meta: Obj, instr: Instr) -> None:
        self._state.made_by_metaclass[cls] = None
        bases = self._heap.fresh_tuple(instr, [cls.fields.get("__bases__", BOTTOM)], "bases")
        passed = [of_const(cls.name), bases, of_obj(cls)]
        prepared = self._call(self._functions.member(meta, "__prepare__"), passed[:2], of_obj(meta), instr)
        if any(obj.kind == "instance" for obj in prepared.objs) or self._functions.member(meta, "__getattribute__"):
            self._records.dynamic_code(instr, f"the metaclass of {cls.name} decides what its names are")
        self._call(self._functions.member(meta, "__new__"), passed, of_obj(meta), instr)
        self._call(self._functions.member(meta, "__init__"), passed, of_obj(cls), instr)

    def _call(self, found: Value | None, passed: list[Value], bound: Value, instr: Instr) -> Value:
        """Call a function, a static method or a class method with ``bound`` as its first argument."""
        result = BOTTOM
        for obj in ordered(found.objs) if found is not None else ():
            function = obj.fields.get("function", of_obj(obj))
            result = self._calls.call_value(function, Args([bound, *passed]), instr)
        return result
