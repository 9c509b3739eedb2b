"""The dispatch of calls: what each thing that may be called, or have a method, makes of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from real.detector.analysis.arguments import Arguments
from real.detector.analysis.attributes import Attributes
from real.detector.analysis.callsites import Args
from real.detector.analysis.code_values import OWN_MODULE
from real.detector.analysis.containers import Containers
from real.detector.analysis.dispatch import call_dispatcher, dispatch_method
from real.detector.analysis.functions import Functions, is_dispatcher
from real.detector.analysis.heap import MAPPINGS, SEQUENCES, Heap
from real.detector.analysis.joint_calls import MANY
from real.detector.analysis.library_calls import LibraryCalls
from real.detector.analysis.library_functions import SPECIAL
from real.detector.analysis.option_files import is_option_file, option_method
from real.detector.analysis.records import Records
from real.detector.analysis.replaced_code import SETTERS, WRITERS
from real.detector.analysis.state import State
from real.detector.analysis.unknown_calls import UnknownCalls
from real.detector.analysis.values import (
    BOTTOM,
    CLEAN,
    Constant,
    Obj,
    Value,
    join,
    join_all,
    may_be_plain,
    of_obj,
    ordered,
    plain,
)
from real.detector.ir.instructions import Instr
from real.detector.models import library

_ENDING = frozenset({"function", "class"})  # calls of them end: the solver keeps account of functions
_OWN = frozenset({"instance", "class", "super"})
_CONTAINERS: dict[str, type] = {
    **{f"builtins.{kind.__name__}": kind for kind in (list, set, dict)},
    **{"collections.deque": deque, "collections.UserList": list},
    **dict.fromkeys(("collections.OrderedDict", "collections.defaultdict", "collections.UserDict"), dict),
}
_MAX_REENTERED = 2
_READERS = frozenset({"items", "keys", "values", "get", "pop", "copy"})  # of a mapping


class Calls:
    """Dispatch of calls: a ``Caller``."""

    def __init__(
        self,
        heap: Heap,
        state: State,
        records: Records,
        containers: Containers,
        functions: Functions,
        attributes: Attributes,
    ) -> None:
        self.heap = heap
        self.state = state
        self.records = records
        self.containers = containers
        self.functions = functions
        self.attributes = attributes
        self.arguments = Arguments(heap, containers)
        self.unknown = UnknownCalls(heap, state, attributes.replaced, containers, self)
        self.library = LibraryCalls(self)
        # What was called, and ended in further calls, while an outer one goes on: how far the analysis had grown, with
        # what, and what it returned. Where such objects call one another, the ways through them would multiply.
        self._inner: dict[tuple[Obj, Instr], tuple[int, Args, Value]] = {}
        self._depth = 0

    def call_value(self, fn: Value, args: Args, instr: Instr) -> Value:
        """Call whatever ``fn`` may be."""
        result = BOTTOM
        objs: Iterable[Obj] = ordered(fn.objs)
        if len(fn.objs) >= MANY and self.functions.calls_are_followed:
            together, objs = self.functions.joint_calls.divided(fn.objs)
            if together:
                result = self.functions.call_together(together, args, instr)
        for obj in objs:
            result = join(result, self.call_object(obj, args, instr))
        if fn.mask or not fn.objs:
            result = join(result, self.unknown.call([fn, *args.everything()], args, instr))
        return result

    def call_object(self, obj: Obj, args: Args, instr: Instr) -> Value:
        """Call one object."""
        self.heap.spend(1)
        if obj.kind in _ENDING:
            return self._call_kind(obj, args, instr)
        inside = self.state.calling.get(obj, 0)
        if inside > _MAX_REENTERED:
            return BOTTOM  # it is, or ends in, a call of itself: what that adds has been seen
        known = self._inner.get((obj, instr)) if self._depth else None
        if known is not None:
            growth, before, result = known
            if growth == self.heap.growth and before.covers(args):
                return result
            if self._depth > _MAX_REENTERED:
                args = before.joined(args)
        self.state.calling[obj] = inside + 1
        self._depth += 1
        growth = self.heap.growth
        result = self._call_kind(obj, args, instr)
        self._depth -= 1
        self.state.calling[obj] = inside
        if self._depth:
            self._inner[obj, instr] = growth, args, result
        elif self._inner:
            self._inner = {}
        return result

    def _call_kind(self, obj: Obj, args: Args, instr: Instr) -> Value:  # noqa: PLR0911, PLR0912
        kind = obj.kind
        if kind == "api":
            return self.library.call_api(obj.name, obj.fields.get("__self__"), args, instr)
        if kind == "function":
            return self.functions.call_function(obj, args, instr, None)
        if kind == "class":
            return self.functions.instantiate(obj, args, instr)
        self.heap.touch(obj)
        if kind == "bound":
            return self.call_function_value(
                obj.fields.get("function", BOTTOM), args, instr, obj.fields.get("self", BOTTOM)
            )
        if kind == "method":
            return self.call_method(obj.fields.get("self", BOTTOM), obj.name, args, instr)
        if is_dispatcher(obj):
            return call_dispatcher(self, obj, args, instr)
        if kind == "partial":
            return self.call_value(obj.fields.get("function", BOTTOM), self.arguments.of_partial(obj, args), instr)
        if kind == "setter":
            for held in ordered(obj.fields["property"].objs):
                self.heap.put(held, "setter", args.first())
            return obj.fields["property"]
        if kind == "instance":
            return self.call_dunder(obj, ("__call__",), args, instr)
        if kind == "attrgetter":
            return join_all(
                self.attributes.attribute(args.first(), str(name), instr)
                for name in _names(obj.fields.get("name", BOTTOM))
            )
        if kind == "methodcaller":
            inner = self.arguments.of_partial(obj, Args())
            names = _names(obj.fields.get("name", BOTTOM))
            return join_all(self.call_method(args.first(), str(name), inner, instr) for name in names)
        if kind == "dynattr":
            self.records.record_possible_sink(args, instr)
            return self.unknown.call([obj.fields.get("self", BOTTOM), *args.everything()], args, instr)
        return BOTTOM

    def call_function_value(self, fn: Value, args: Args, instr: Instr, bound: Value) -> Value:
        """Call functions with ``self`` (or ``cls``) bound."""
        result = BOTTOM
        for obj in ordered(fn.objs):
            if obj.kind == "function":
                result = join(result, self.functions.call_function(obj, args, instr, bound))
            else:
                inner = Args([bound, *args.pos], args.named, args.rest, args.named_rest)
                result = join(result, self.call_object(obj, inner, instr))
        return result

    def call_dunder(self, obj: Obj, names: tuple[str, ...], args: Args, instr: Instr) -> Value:
        """Call those special methods that the instance's class defines; unknown if it defines none."""
        result = BOTTOM
        for cls in ordered(obj.fields.get("__class__", BOTTOM).objs):
            for name in names:
                found = self.functions.member(cls, name)
                if found is not None:
                    result = join(result, self.call_value(self.functions.bind(found, obj, instr), args, instr))
        if result is BOTTOM:
            return self.heap.part_of([of_obj(obj), *args.everything()])
        return result

    def call_method(self, receiver: Value, name: str, args: Args, instr: Instr) -> Value:
        """``receiver.name(args)``."""
        if name in ("__getattribute__", "__getattr__") and args.pos:
            return self.get_attribute(receiver if len(args.pos) == 1 else args.pos[0], args.pos[-1], instr)
        if name in SETTERS | {"__setattr__", "__delattr__", "__setstate__"}:
            self._set_by_method(receiver, name, args, instr)
        result = BOTTOM
        if may_be_plain(receiver):
            result = self.library.plain_method(plain(receiver), name, args, instr)
        objs: Iterable[Obj] = ordered(receiver.objs)
        if len(receiver.objs) >= MANY:
            own = [obj for obj in objs if obj.kind in _OWN]
            objs = [obj for obj in objs if obj.kind not in _OWN]
            result = join(result, self._methods(own, name, args, instr))
        for obj in objs:
            result = join(result, self._object_method(obj, receiver, name, args, instr))
        return result

    def _methods(self, objs: list[Obj], name: str, args: Args, instr: Instr) -> Value:
        """A method of one of many objects of the program's own classes: whatever it is of each, called together."""
        methods, unknown = BOTTOM, []
        for obj in objs:
            self._write_namespace(obj, name, args, instr)
            found = self.attributes.attribute(of_obj(obj), name, instr)
            if found is not BOTTOM and found is not CLEAN:
                methods = join(methods, found)
            else:
                unknown.append(of_obj(obj))
        result = self.call_value(methods, args, instr) if methods is not BOTTOM else BOTTOM
        if unknown:
            result = join(result, self.library.plain_method(self.heap.part_of(unknown), name, args, instr))
        return result

    def _write_namespace(self, obj: Obj, name: str, args: Args, instr: Instr) -> None:
        """``x.__dict__.update(...)``."""
        is_own = obj.kind in ("instance", "class", "function")
        if name in WRITERS and is_own and self.attributes.is_namespace(obj, name, instr):
            self.attributes.replaced.mapping(obj, name, args, instr)
            self.containers.merge(obj, args, instr)

    def _object_method(self, obj: Obj, receiver: Value, name: str, args: Args, instr: Instr) -> Value:  # noqa: PLR0911, PLR0912
        kind = obj.kind
        if kind == "api":
            options = option_method(self.heap, obj, name, args) if is_option_file(obj) else None
            if options is not None:
                return options
            if name == "__get__":
                return self._bound(obj, args, instr)
            self.attributes.replaced.mapping(obj, name, args, instr)
            self.heap.touch(obj)
            stored = obj.fields.get(name, BOTTOM)
            replaced = self.call_value(stored, args, instr) if stored is not BOTTOM else BOTTOM
            called = self.library.call_api(f"{obj.name}.{name}", of_obj(obj, receiver.mask, receiver.why), args, instr)
            return join(called, replaced)
        if kind in SEQUENCES:
            return self.containers.sequence_method(obj, name, args, instr)
        if kind in MAPPINGS:
            return self.containers.mapping_method(obj, name, args, instr)
        if obj in self.state.made_by_metaclass and self.functions.member(obj, name) is None and name in _READERS:
            return self.containers.mapping_method(obj, name, args, instr)
        inherited = self._container_method(obj, name, args, instr)
        if inherited is not None:
            return inherited
        self._write_namespace(obj, name, args, instr)
        if name == "get" and args.pos and kind in ("class", "instance") and self.attributes.is_read_dict(instr):
            return join(self.heap.item(obj, args.pos[0]), args.at(1) if len(args.pos) > 1 else CLEAN)
        if kind in _OWN:
            found = self.attributes.attribute(of_obj(obj), name, instr)
            if found is not BOTTOM and found is not CLEAN:
                return self.call_value(found, args, instr)
            return self.library.plain_method(self.heap.part_of([of_obj(obj)]), name, args, instr)
        if name == "__get__":
            return self._bound(obj, args, instr)
        if name == "__class__" and kind == "function":
            return self.library.call_api("types.FunctionType", None, args, instr)
        if name == "__wrapped__":
            self.attributes.attribute(of_obj(obj), name, instr)
            return of_obj(obj)
        if is_dispatcher(obj):
            known = dispatch_method(self, obj, name, args, instr)
            if known is not None:
                return known
        return self.call_object(obj, args, instr)  # fn.__call__(x), task.delay(x): whatever calls it

    def _container_method(self, obj: Obj, name: str, args: Args, instr: Instr) -> Value | None:
        """A method that an object of the program's own class has from the container that its class inherits from."""
        result: Value | None = None
        for cls in ordered(obj.fields.get({"instance": "__class__", "super": "class"}.get(obj.kind, ""), BOTTOM).objs):
            if obj.kind == "instance" and self.functions.member(cls, name) is not None:
                continue
            for container in map(_CONTAINERS.get, self.functions.foreign_bases(cls)):
                if container is not None and hasattr(container, name):
                    held = obj if obj.kind == "instance" else self.functions.instance(cls)
                    is_mapping = issubclass(container, dict)
                    call = self.containers.mapping_method if is_mapping else self.containers.sequence_method
                    result = join(result or BOTTOM, call(held, name, args, instr))
        return result

    def _bound(self, fn: Obj, args: Args, instr: Instr) -> Value:
        """``f.__get__(x)``: ``f`` with its first argument."""
        bound = self.heap.site(instr, "partial")
        self.heap.put(bound, "function", of_obj(fn))
        if args.first().consts != frozenset((None,)):
            self.heap.put(bound, 0, args.first())
        return of_obj(bound)

    def _set_by_method(self, receiver: Value, name: str, args: Args, instr: Instr) -> None:
        """``x.__setattr__(name, value)``, and methods that write into what they are given, whatever that is."""
        own = [obj for obj in ordered(receiver.objs) if obj.kind in ("instance", "super")]
        if name in SETTERS:
            if not own and receiver.mask == 0:
                self.records.dynamic_code(instr, f"calls {name}()")
        elif name == "__setstate__":
            if any(obj.kind in ("partial", "function") for obj in receiver.objs):
                self.records.dynamic_code(instr, f"calls {name}()")
        else:
            inner = Args([receiver, *args.pos], args.named, args.rest)
            SPECIAL["builtins.delattr" if name == "__delattr__" else "builtins.setattr"](self, inner, instr)

    def get_attribute(self, receiver: Value, name: Value, instr: Instr) -> Value:
        """``getattr(receiver, name)``: each name it may be, or any."""
        if name.consts:
            return join_all(
                self.attributes.attribute(receiver, str(const), instr) for const in sorted(name.consts, key=str)
            )
        own = [o for o in ordered(receiver.objs) if o.kind in ("instance", "class")]
        result = BOTTOM
        if name.mask & self.heap.rules.choices:
            modules = frozenset(o for o in receiver.objs if o.kind == "api")
            result = Value(name.mask & self.heap.rules.choices, name.why, modules)
        for obj in own:
            result = join(result, self.any_attribute(obj, instr))
        foreign = [
            o
            for o in ordered(receiver.objs)
            if o not in own and not (o.kind == "api" and o.name.partition(".")[0] in library.HARMLESS_MODULES)
        ]
        if any(o.kind == "function" for o in foreign):
            result = join(result, of_obj(self.heap.api(f"{OWN_MODULE}.__dict__")))  # it may be ``__globals__``
        if foreign or not receiver.objs:
            obj = self.heap.site(instr, "dynattr")
            self.heap.put(obj, "self", receiver)
            result = join(result, of_obj(obj, receiver.mask, receiver.why))
        return result

    def any_attribute(self, obj: Obj, instr: Instr) -> Value:
        """Whatever attribute of one of the program's own objects."""
        result = self.heap.contents(obj)
        classes = [obj] if obj.kind == "class" else ordered(obj.fields.get("__class__", BOTTOM).objs)
        for cls in classes:
            for key, value in list(cls.fields.items()):
                if isinstance(key, str) and not key.startswith("__"):
                    result = join(result, self.functions.bind(value, obj, instr) if obj.kind == "instance" else value)
        return result


def _names(value: Value) -> list[Constant]:
    return sorted(value.consts or (), key=str)
