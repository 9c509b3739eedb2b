"""Transfer functions of attributes."""

from __future__ import annotations

import string
from typing import Protocol

from real.detector.analysis.callsites import Args
from real.detector.analysis.code_values import is_mock
from real.detector.analysis.containers import Containers
from real.detector.analysis.function_parts import ANNOTATIONS, CELL, DEFAULTS, FunctionParts
from real.detector.analysis.functions import Functions, is_dispatcher
from real.detector.analysis.heap import CONTAINERS, Heap, canonical, step
from real.detector.analysis.inheritance import bases
from real.detector.analysis.records import Records
from real.detector.analysis.replaced_code import NAMESPACES, ReplacedCode
from real.detector.analysis.routes import FixedRoutes, is_request
from real.detector.analysis.values import (
    BOTTOM,
    CLEAN,
    TEXT,
    Obj,
    Step,
    Value,
    join,
    join_all,
    may_be_plain,
    of_const,
    of_obj,
    ordered,
    plain,
    read_at,
)
from real.detector.analysis.visibility import is_public
from real.detector.ir.instructions import Instr
from real.detector.models import library
from real.detector.models.catalogue import last_names
from real.detector.models.kinds import Role

_MAX_DOTS = 24
_NAMES = frozenset({"__name__", "__qualname__", "__doc__"})  # of what a call was told: ``ModuleType(name)``


_OF_SERVER = last_names(Role.OF_SERVER)


class AttributeCalls(Protocol):
    """The calls that reading an attribute makes."""

    def call_value(self, fn: Value, args: Args, instr: Instr) -> Value:
        """Call whatever ``fn`` may be."""


class Attributes:
    """Reading, writing and deleting attributes of whatever has them."""

    calls: AttributeCalls

    def __init__(
        self,
        heap: Heap,
        records: Records,
        replaced: ReplacedCode,
        containers: Containers,
        functions: Functions,
        routes: FixedRoutes,
    ) -> None:
        self.heap = heap
        self.records = records
        self.replaced = replaced
        self.parts = FunctionParts(heap, records.state)
        self.containers = containers
        self.functions = functions
        self.routes = routes

    def do_attr(self, instr: Instr, env: list[Value]) -> Value:
        if self.routes.is_path_of_route(self.heap.unit, instr):
            return TEXT
        value = env[instr.args[0]]
        if instr.extra in _OF_SERVER and not value.objs and is_request(self.heap.unit, instr.args[0]):
            return CLEAN
        return self.attribute(value, str(instr.extra), instr)

    def attribute(self, value: Value, name: str, instr: Instr) -> Value:
        """``value.name``."""
        if name in NAMESPACES:
            self.records.dynamic_code(instr, f"uses {name}")
        value = read_at(value, instr.line)
        if name == CELL:
            return self.parts.cells()
        result = BOTTOM
        if may_be_plain(value):
            result = self._plain_attribute(plain(value), name, instr)
        for obj in ordered(value.objs):
            result = join(result, self._object_attribute(obj, value, name, instr))
        return result

    def _plain_attribute(self, value: Value, name: str, instr: Instr) -> Value:
        if name in library.CLEAN_ATTRIBUTES:
            return CLEAN
        if name == "__class__":
            return of_obj(self.heap.api("builtins.type()"))
        if name in self.heap.rules.sink_names or name in ("format", "join"):
            method = self._method(value, name, instr)
            return Value(value.mask, value.why, method.objs)
        return Value(value.mask, value.why) if value.mask else CLEAN

    def _method(self, receiver: Value, name: str, instr: Instr) -> Value:
        obj = self.heap.obj((instr, "method", name), "method", name)
        self.heap.put(obj, "self", receiver)
        return of_obj(obj)

    def _object_attribute(self, obj: Obj, value: Value, name: str, instr: Instr) -> Value:  # noqa: PLR0911, PLR0912
        kind = obj.kind
        if kind == "api":
            return self._api_attribute(obj, value, name, instr)
        self.heap.touch(obj)
        if kind == "instance":
            return self._instance_attribute(obj, name, instr)
        if kind == "class":
            if name == ANNOTATIONS and name not in obj.fields:
                self._function_part(obj, name, instr)
            return self._class_attribute(obj, name, instr)
        if kind == "super":
            return self._super_attribute(obj, name, instr)
        if name in obj.fields and kind in ("function", "partial", "property"):
            return obj.fields[name]
        if kind == "partial" and name in ("args", "keywords"):
            return self.heap.fresh_list(instr, self.heap.contents(obj), "dict" if name == "keywords" else "list")
        if kind == "function" and (name in DEFAULTS or name == ANNOTATIONS):
            return self._function_part(obj, name, instr)
        if kind == "function" and name == "__class__":
            return of_obj(self.heap.api("types.FunctionType"))
        if kind == "function" and name == "__wrapped__":
            self.records.dynamic_code(instr, f"takes what {obj.name}() wraps")
        if kind in CONTAINERS or kind == "dynattr" or is_dispatcher(obj):
            return self._method(of_obj(obj), name, instr)
        if kind == "property" and name == "setter":
            setter = self.heap.obj((obj, "setter"), "setter")
            self.heap.put(setter, "property", of_obj(obj))
            return of_obj(setter)
        if kind == "property" and name in ("getter", "deleter"):
            return of_obj(self.heap.api("functools.same"))
        return of_obj(obj) if name in ("__func__", "func", "__wrapped__", "__call__") else CLEAN

    def _function_part(self, obj: Obj, name: str, instr: Instr) -> Value:
        if name in DEFAULTS:
            return self.parts.defaults(obj)
        if self.parts.hides_in_annotations(obj):
            self.records.dynamic_code(instr, f"what {obj.name}() has for annotations")
        return CLEAN

    def _api_attribute(self, obj: Obj, value: Value, name: str, instr: Instr) -> Value:  # noqa: PLR0911
        self.heap.touch(obj)
        if name in library.CLEAN_ATTRIBUTES and not (value.mask and name in _NAMES and obj.name.endswith("()")):
            return CLEAN
        path = canonical(f"{obj.name}.{name}")
        if is_mock(path):
            return CLEAN
        if obj.name == "string" and isinstance(getattr(string, name, None), str):
            return of_const(getattr(string, name))
        source = self.records.source(path, instr)
        if source is not None:
            return source
        held = self.heap.part_of([value]) if value.mask or obj.elements is not BOTTOM else BOTTOM
        stored = obj.fields.get(name, BOTTOM)
        if _is_endless(path, name) or (obj is self.heap.anything and name not in self.heap.rules.sink_names):
            return join(of_obj(obj, held.mask, held.why), stored)
        if obj.name.endswith("SimpleNamespace()") and stored is not BOTTOM:
            return stored
        found = self.heap.api(path)
        if name in library.WRITERS and obj.name.endswith("()"):
            found = self.heap.obj((instr, path), "api", path)  # it is called later: what it writes to must be known
            self.heap.put(found, "__self__", of_obj(obj))
        return join(of_obj(found, held.mask, held.why), stored)

    def _instance_attribute(self, obj: Obj, name: str, instr: Instr) -> Value:
        if name == "__dict__":
            return of_obj(obj)
        stored = obj.fields.get(name, BOTTOM)
        result = join(stored, obj.elements)
        for cls in ordered(obj.fields.get("__class__", BOTTOM).objs):
            reader = self.functions.member(cls, "__getattribute__")
            if reader is not None:
                read = Args([of_const(name)])
                result = join(result, self.calls.call_value(self.functions.bind(reader, obj, instr), read, instr))
            found = self.functions.member(cls, name)
            if found is not None:
                result = join(result, self.functions.bind(found, obj, instr))
            elif stored is BOTTOM and result is not BOTTOM:
                # what the constructor of a library's class was passed tells nothing of its methods
                for base in self.functions.foreign_bases(cls):
                    if self.heap.is_special(f"{base}().{name}"):
                        result = join(result, of_obj(self.heap.api(f"{base}().{name}")))
            elif result is BOTTOM:
                hook = self.functions.member(cls, "__getattr__")
                if hook is not None:
                    result = self.calls.call_value(self.functions.bind(hook, obj, instr), Args([of_const(name)]), instr)
                for base in self.functions.foreign_bases(cls):
                    if base != "builtins.object":
                        result = join(result, self._foreign_attribute(cls, f"{base}().{name}", instr))
        if result is BOTTOM and name in self.heap.rules.sink_names:
            return self._method(CLEAN, name, instr)
        return result if result is not BOTTOM else CLEAN

    def _foreign_attribute(self, cls: Obj, path: str, instr: Instr) -> Value:
        """What a base class that is not seen keeps: of a library, or of another file of the program's own package.

        That one's ``__init__`` stores what it is passed, as one of this file would, and the outside can call it.
        """
        known = self.records.source(path, instr)
        if known is not None:
            return known
        if path.startswith(".") and instr.op == "attr" and cls.unit is not None and is_public(cls.unit):
            note = f"`{path.rpartition('.')[2]}` is set by a base class of {cls.name} in another file, from anything"
            return of_obj(self.heap.api(path), self.heap.rules.all, Step(instr.line, note, None, cls.unit))
        return of_obj(self.heap.api(path))

    def _class_attribute(self, obj: Obj, name: str, instr: Instr) -> Value:
        found = self.functions.member(obj, name)
        if found is None:
            if name == "__dict__":
                return of_obj(obj)
            result = join_all(of_obj(self.heap.api(f"{base}.{name}")) for base in self.functions.foreign_bases(obj))
            return result if result is not BOTTOM else CLEAN
        result = plain(found)
        for inner in ordered(found.objs):
            if inner.kind == "static":
                result = join(result, inner.fields.get("function", BOTTOM))
            elif inner.kind in ("classmethod", "instance"):
                result = join(result, self.functions.bind(of_obj(inner), obj, instr))
            else:
                result = join(result, of_obj(inner))
        return result

    def _super_attribute(self, obj: Obj, name: str, instr: Instr) -> Value:
        result = BOTTOM
        for cls in ordered(obj.fields.get("class", BOTTOM).objs):
            for base in bases(cls):
                found = self.functions.member(base, name)
                if found is not None:
                    result = join(result, self.functions.bind(found, self.functions.instance(cls), instr))
            if result is BOTTOM:
                for path in self.functions.foreign_bases(cls):
                    result = join(result, of_obj(self.heap.api(f"{path}().{name}")))
        if result is BOTTOM and name in self.heap.rules.sink_names:
            return self._method(CLEAN, name, instr)
        return result

    def do_setattr(self, instr: Instr, env: list[Value]) -> Value:
        base, value = env[instr.args[0]], env[instr.args[1]]
        name = str(instr.extra)
        self.replaced.part(name, instr, base, value)
        if value.mask:
            value = Value(
                value.mask,
                step(value.why, instr.line, f"is stored in `.{name}`", instr.col),
                value.objs,
                value.consts,
                value.kind,
            )
        for obj in ordered(base.objs):
            self.functions.examples.note_kept(obj, name, instr.args[1])
            self.replaced.attribute(obj, name, value, instr, plainly=True)
            if obj.kind != "instance" or not self._set_by_descriptor(obj, name, value, instr):
                self.store(obj, name, value, instr)
        return BOTTOM

    def _set_by_descriptor(self, obj: Obj, name: str, value: Value, instr: Instr) -> bool:
        """``obj.name = value`` where the class holds a property, or another object, that takes what is assigned."""
        is_taken = False
        for cls in ordered(self.functions.class_of(obj).objs):
            held = self.functions.member(cls, name)
            for inner in ordered(held.objs) if held is not None else ():
                if inner.kind == "property" and "setter" in inner.fields:
                    setters = inner.fields["setter"]
                    self.functions.calls.call_function_value(setters, Args([value]), instr, of_obj(obj))
                    is_taken = True
                elif inner.kind == "instance":
                    taken = self.functions.call_special(inner, "__set__", [of_obj(obj), value], instr)
                    is_taken = is_taken or taken is not None
        return is_taken

    def is_namespace(self, obj: Obj, method: str, instr: Instr) -> bool:
        """Whether an object of the program stands for its own ``__dict__`` where this method of a mapping is called."""
        if self.is_read_dict(instr):
            return True
        classes = [obj] if obj.kind == "class" else ordered(self.functions.class_of(obj).objs)
        return not any(
            self.functions.member(cls, method) is not None or self.functions.foreign_bases(cls) for cls in classes
        )

    def is_read_dict(self, instr: Instr) -> bool:
        """Whether a method is called of what reading ``__dict__`` gave."""
        read = self.heap.unit.defs[instr.args[0]] if instr.args and isinstance(instr.args[0], int) else None
        return read is not None and read.op == "attr" and read.extra == "__dict__"

    def store(self, obj: Obj, name: str, value: Value, instr: Instr) -> None:
        """``obj.name = value``, so far as it can be followed."""
        if name == "__dict__" and obj.kind == "instance":
            self.containers.merge(obj, Args([value]), instr)  # Borg: all share what one holds
        else:
            self.heap.put(obj, name, value)

    def do_delattr(self, instr: Instr, env: list[Value]) -> Value:
        for obj in ordered(env[instr.args[0]].objs):
            self.replaced.deleted(obj, str(instr.extra), instr)
        return BOTTOM


def _is_endless(path: str, name: str) -> bool:
    """Whether a loop makes a path: it is very long, or has come back to a name, other than in ``datetime.datetime``."""
    before = path.rpartition("()")[2].split(".")[:-1]
    return path.count(".") > _MAX_DOTS or name in before[:-1]
