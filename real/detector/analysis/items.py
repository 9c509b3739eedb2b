"""Transfer functions of items, slices and unpacking."""

from __future__ import annotations

from real.detector.analysis.calls import Calls
from real.detector.analysis.callsites import Args
from real.detector.analysis.code_values import OWN_MODULE
from real.detector.analysis.containers import SELF_FILLING, characters
from real.detector.analysis.heap import CONTAINERS, SEQUENCES
from real.detector.analysis.option_files import is_option_file, sections
from real.detector.analysis.values import (
    BOTTOM,
    CHAR,
    CLEAN,
    NO_OBJS,
    OTHER,
    STR,
    Obj,
    Value,
    join,
    join_all,
    of_const,
    of_obj,
    one_constant,
    ordered,
)
from real.detector.ir.instructions import DISPLAY, Instr


class Items:
    """Reading and writing parts of things by their keys and places."""

    def __init__(self, calls: Calls) -> None:
        self.heap = calls.heap
        self.state = calls.state
        self.containers = calls.containers
        self.letters = calls.containers.letters
        self.attributes = calls.attributes
        self.replaced = calls.attributes.replaced
        self.functions = calls.functions
        self.calls = calls

    def do_sub(self, instr: Instr, env: list[Value]) -> Value:
        base, key = env[instr.args[0]], env[instr.args[1]]
        operand = instr.args[1]
        result = BOTTOM
        if base.mask or not base.objs:
            is_text = base.kind in (STR, CHAR)
            letters = characters(base) if is_text and not base.mask else None
            result = Value(base.mask, base.why, NO_OBJS, letters, CHAR if is_text else OTHER)
            result = self.letters.chosen(result, key, operand)
        for obj in ordered(base.objs):
            if obj.kind in CONTAINERS:
                if obj.name == SELF_FILLING:
                    self.heap.put_key(obj, key)
                result = join(result, self.letters.chosen(self.heap.item(obj, key), key, operand))
            elif obj.kind == "instance" and obj.fields.get("__class__", BOTTOM).objs:
                result = join(result, self._instance_item(obj, key, instr))
            elif obj.kind == "class":
                chosen = self.functions.member(obj, "__class_getitem__")
                if chosen is not None:
                    bound = Args([of_obj(obj), key])
                    for made in ordered(chosen.objs):
                        function = made.fields.get("function", of_obj(made))
                        result = join(result, self.calls.call_value(function, bound, instr))
                result = join(result, of_obj(obj) if key.objs else self.heap.item(obj, key))
            elif obj.kind == "api":
                result = join(result, self._api_item(obj, key, instr))
        return result

    def _instance_item(self, obj: Obj, key: Value, instr: Instr) -> Value:
        names = ("__getitem__", "__missing__", "__class_getitem__")
        if any(
            self.functions.member(cls, name) is not None
            for cls in ordered(obj.fields.get("__class__", BOTTOM).objs)
            for name in names
        ):
            return join(self.calls.call_dunder(obj, names, Args([key]), instr), obj.elements)
        return self.heap.item(obj, key)

    def _api_item(self, obj: Obj, key: Value, instr: Instr) -> Value:
        names = sorted((str(const) for const in key.consts), key=str) if key.consts else []
        if obj.name == "sys.modules":
            return (
                join_all(of_obj(self.heap.api(name)) for name in names) if names else of_obj(self.heap.api(OWN_MODULE))
            )
        if obj.name.endswith(".__dict__") or obj.name == "builtins":
            if not names:
                return self.calls.get_attribute(of_obj(self.heap.api(obj.name.removesuffix(".__dict__"))), CLEAN, instr)
            owner = of_obj(self.heap.api(obj.name.removesuffix(".__dict__")))
            return join_all(self.attributes.attribute(owner, name, instr) for name in names)
        held = sections(self.heap, obj, names) if is_option_file(obj) else None
        if held is not None:
            return held
        self.heap.touch(obj)
        made = self.heap.part_of([of_obj(obj)] if obj.name.endswith(")") else [of_obj(obj), key])
        return Value(made.mask, made.why, NO_OBJS if obj.name.endswith(")") else frozenset((obj,)))

    def do_setsub(self, instr: Instr, env: list[Value]) -> Value:
        base, key, value = (env[arg] for arg in instr.args)
        for obj in ordered(base.objs):
            is_own_name = obj.name == "sys.modules" and self._is_own_name(instr.args[1])
            if is_own_name:
                self.state.kept.update(dict.fromkeys(ordered(value.objs)))  # others import it in our place
            self.replaced.item(obj, key, value, instr, is_own_name=is_own_name)
            if obj.kind in ("instance", "class", "function") and self.attributes.is_namespace(
                obj, "__setitem__", instr
            ):
                self.replaced.named(obj, key, value, instr)
            if obj.kind == "instance":
                for cls in ordered(obj.fields.get("__class__", BOTTOM).objs):
                    method = self.functions.member(cls, "__setitem__")
                    if method is not None:
                        self.calls.call_value(self.functions.bind(method, obj, instr), Args([key, value]), instr)
            self.heap.put_item(obj, key, value)
            if instr.extra == DISPLAY:
                obj.made_with[instr] = one_constant(key)
            elif obj.kind in SEQUENCES:
                obj.loses = True
        return BOTTOM

    def _is_own_name(self, operand: int) -> bool:
        """``__name__`` as Python sets it."""
        made = self.heap.unit.defs[operand]
        return made is not None and made.op == "builtin" and made.extra[1] == "__name__"

    def do_delsub(self, instr: Instr, env: list[Value]) -> Value:
        for obj in env[instr.args[0]].objs:
            obj.loses = True
        return BOTTOM

    def do_slice(self, instr: Instr, env: list[Value]) -> Value:
        base = env[instr.args[0]]
        result = Value(base.mask, base.why, NO_OBJS, None, base.kind) if base.mask or not base.objs else BOTTOM
        for obj in ordered(base.objs):
            if obj.kind in SEQUENCES:
                result = join(result, self.heap.fresh_list(instr, self.heap.contents(obj)))
            elif obj.kind == "instance":
                result = join(result, self._instance_item(obj, CLEAN, instr))
            else:
                result = join(result, self.heap.part_of([of_obj(obj)]))
        return result

    def do_unpack(self, instr: Instr, env: list[Value]) -> Value:
        value = env[instr.args[0]]
        where, starred = instr.extra
        if starred:
            return self.heap.fresh_list(instr, self.containers.iterate(value, instr))
        result = Value(value.mask, value.why, NO_OBJS, None, OTHER) if value.mask or not value.objs else BOTTOM
        for obj in ordered(value.objs):
            if obj.kind in ("tuple", "list") and where >= 0 and obj.fields:
                result = join(result, self.heap.item(obj, of_const(where)))
            else:
                result = join(result, self.containers.iterate(of_obj(obj), instr))
        return result

    def do_part(self, instr: Instr, env: list[Value]) -> Value:
        value = env[instr.args[0]]
        where = instr.extra
        result = Value(value.mask, value.why) if value.mask or not value.objs else BOTTOM
        for obj in ordered(value.objs):
            has_places = obj.kind == "dict" if isinstance(where, str) else obj.kind in ("list", "tuple")
            if has_places and where is not None and obj.fields:
                result = join(result, self.heap.item(obj, of_const(where)))
            else:
                result = join(result, join(self.heap.part_of([of_obj(obj)]), self.heap.contents(obj)))
        return result
