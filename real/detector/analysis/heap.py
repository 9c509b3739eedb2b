"""The abstract heap: objects, what is stored in them, and which units must be looked at again when that grows."""

from __future__ import annotations

import sys
from collections.abc import Hashable

from real.detector.analysis.ruleset import RuleSet
from real.detector.analysis.values import (
    BOTTOM,
    CLEAN,
    NO_OBJS,
    NUM,
    NUMBER,
    OTHER,
    STR,
    Constant,
    Obj,
    Step,
    Value,
    join,
    join_all,
    of_const,
    of_obj,
    ordered,
)
from real.detector.ir.instructions import Instr, Unit
from real.detector.limits import Budget
from real.detector.models.catalogue import replacers

SEQUENCES = frozenset({"list", "tuple", "set", "generator"})
MAPPINGS = frozenset({"dict", "namespace"})
CONTAINERS = SEQUENCES | MAPPINGS
MAX_LIBRARY_OBJECTS = 24
_EVERYWHERE = frozenset({"sys", "builtins", "os"})  # modules that others have imported; none has a part of this name
_OPAQUE = frozenset({"class", "function"})  # what is shown of them does not come from what they hold
MAX_PATH_CALLS = 6  # longer chains of library calls keep the name they have, so that names stay finite


class Heap:
    """Objects by creation site, with subscription of readers."""

    def __init__(self, rules: RuleSet, budget: Budget) -> None:
        self.rules = rules
        self.spend = budget.spend
        self.objects: dict[Hashable, Obj] = {}
        self.unit: Unit  # the one that is being evaluated
        self.anything = self.api("*")
        self.pending: set[Unit] = set()
        self.growth = 0  # how often anything has grown that a call can read: what is stored, passed and returned
        self.class_growth = 0  # the same of classes only
        self.modules: set[str] = set()  # what the program imports as a whole: modules hold nothing

    # --- objects -----------------------------------------------------------------------------------------------------

    def obj(self, key: Hashable, kind: str, name: str = "", unit: Unit | None = None) -> Obj:
        """The object of this creation site."""
        found = self.objects.get(key)
        if found is None:
            found = self.objects[key] = Obj(kind, name, len(self.objects), unit)
        return found

    def site(self, instr: Instr, kind: str, name: str = "") -> Obj:
        """The object that ``instr`` creates."""
        return self.obj((instr, kind), kind, name)

    def api(self, path: str) -> Obj:
        """The library object of this name."""
        return self.obj(path, "api", path)

    def generator(self, unit: Unit) -> Obj:
        """What a generator function returns."""
        return self.obj(("generator", unit), "generator", unit.name)

    def api_result(self, path: str, instr: Instr) -> Obj:
        """What a library call returns: one object per call site, except that all open files are one."""
        if path.startswith("*"):
            return self.anything
        chained = path.count("()") >= MAX_PATH_CALLS
        shown = path.partition(".")[0] + ".*()" if chained else path + "()"
        if path in ("builtins.open", "io.open", "pathlib.Path().open"):
            return self.api("builtins.open()")
        return self.obj((instr, shown), "api", shown)

    def grown(self, old: Value, new: Value) -> Value:
        """The join; beyond ``MAX_LIBRARY_OBJECTS``, library objects become one: widening, to bound the cost."""
        merged = join(old, new)
        if merged is old or (len(merged.objs) <= MAX_LIBRARY_OBJECTS and self.anything not in merged.objs):
            return merged
        collapsed = frozenset(obj for obj in merged.objs if obj.kind == "api" and not self.is_special(obj.name))
        if not collapsed:
            return merged
        mask, why = merged.mask, merged.why
        for obj in ordered(collapsed):
            if obj is not self.anything:
                mask |= obj.deep_mask
                why = why or obj.deep_why
                obj.parents[self.anything] = None
                self._spread(self.anything, obj.deep_mask, obj.deep_why)
        objs = (merged.objs - collapsed) | {self.anything}
        if objs == old.objs and (mask, merged.consts, merged.kind) == (old.mask, old.consts, old.kind):
            return old
        return Value(mask, why, objs, merged.consts, merged.kind)

    def is_special(self, path: str) -> bool:
        """Whether a library object must be told apart from others."""
        return path in replacers() or path.rpartition(".")[2] in self.rules.sink_names

    # --- reading and writing -----------------------------------------------------------------------------------------

    def touch(self, obj: Obj) -> None:
        """The current unit depends on the contents of ``obj``."""
        obj.readers.add(self.unit)

    def put(self, obj: Obj, key: Constant, value: Value) -> None:
        """Store under a known key."""
        old = obj.fields.get(key, BOTTOM)
        new = self.grown(old, value)
        if new is not old:
            obj.fields[key] = new
            self.class_growth += obj.kind == "class"
            self._stored(obj, new)

    def put_unknown(self, obj: Obj, value: Value) -> None:
        """Store under a key that is not known."""
        new = self.grown(obj.elements, value)
        if new is not obj.elements:
            self.class_growth += obj.kind == "class"
            obj.elements = new
            self._stored(obj, new)

    def put_key(self, obj: Obj, key: Value) -> None:
        """Remember an unknown key of a dict."""
        new = join(obj.keys, Value(*self.deep(key), NO_OBJS, None, key.kind))
        if new is not obj.keys:
            obj.keys = new
            self._stored(obj, new)

    def contents(self, obj: Obj) -> Value:
        """The join of everything stored in ``obj``."""
        self.touch(obj)
        if obj.contents is None:
            self.spend(len(obj.fields) >> 3)  # a join costs a fraction of an instruction
            obj.contents = join(join_all(obj.fields.values()), obj.elements)
        return obj.contents

    def item(self, obj: Obj, key: Value) -> Value:
        """``obj[key]`` for a container."""
        self.touch(obj)
        consts = key.consts
        if consts is None or not obj.fields or (obj.kind in SEQUENCES and any(_from_end(const) for const in consts)):
            return self.contents(obj)
        return join(join_all(obj.fields.get(const, BOTTOM) for const in consts), obj.elements)

    def put_item(self, obj: Obj, key: Value, value: Value) -> None:
        """``obj[key] = value`` for a container."""
        if key.consts is not None and len(key.consts) == 1 and obj.kind not in ("list", "generator", "set"):
            self.put(obj, next(iter(key.consts)), value)
            return
        if obj.kind in MAPPINGS or obj.kind == "instance":
            self.put_key(obj, key)
        self.put_unknown(obj, value)

    def smash(self, obj: Obj) -> None:
        """The positions of a list have changed: forget which element is where."""
        self.put_unknown(obj, join_all(obj.fields.values()))

    def key_of(self, obj: Obj) -> Value:
        """Any key of a dict."""
        self.touch(obj)
        if obj.any_key is None:
            obj.any_key = join(join_all(of_const(key) for key in obj.fields), obj.keys)
        return obj.any_key

    def fresh_list(self, instr: Instr, element: Value, kind: str = "list", tag: str = "") -> Value:
        """A new sequence of such elements."""
        obj = self.obj((instr, kind, tag), kind)
        self.put_unknown(obj, element)
        return of_obj(obj)

    def fresh_tuple(self, instr: Instr, items: list[Value], tag: str) -> Value:
        """A new tuple."""
        obj = self.obj((instr, "tuple", tag), "tuple")
        for index, item in enumerate(items):
            self.put(obj, index, item)
        return of_obj(obj)

    # --- taint of whole structures -----------------------------------------------------------------------------------

    def deep(self, value: Value) -> tuple[int, Step | None]:
        """The taint of a value and of everything it contains."""
        mask, why = value.mask, value.why
        if not value.objs:
            return mask, why
        known = value.depth
        if known is not None and known[0] == self.growth and known[1] is self.unit:
            self.spend(1)
            return known[2], known[3]
        self.spend(len(value.objs))
        for obj in ordered(value.objs):
            if obj.kind not in _OPAQUE:
                obj.readers.add(self.unit)
                mask |= obj.deep_mask
                why = why or obj.deep_why
        if len(value.objs) > 1:
            value.depth = self.growth, self.unit, mask, why
        return mask, why

    def _stored(self, obj: Obj, value: Value) -> None:
        """``value`` is in ``obj`` now: its taint reaches whoever reads ``obj`` and everything that holds ``obj``."""
        self.growth += 1
        obj.contents = obj.any_key = None
        self.pending |= obj.readers
        mask, why = value.mask, value.why
        for inner in ordered(value.objs):
            if inner.kind not in _OPAQUE:
                inner.parents[obj] = None
                mask |= inner.deep_mask
                why = why or inner.deep_why
        self._spread(obj, mask, why)

    def _spread(self, obj: Obj, mask: int, why: Step | None) -> None:
        work = [obj]
        while work:
            holder = work.pop()
            if mask & ~holder.deep_mask:
                self.growth += 1
                holder.deep_mask |= mask
                holder.deep_why = holder.deep_why or why
                self.pending |= holder.readers
                work += holder.parents

    def deep_all(self, values: list[Value]) -> tuple[int, Step | None]:
        """The joined taint of several values."""
        mask, why = 0, None
        for value in values:
            if value.objs:
                part, reason = self.deep(value)
                mask |= part
                why = why or reason
            elif value.mask:
                mask |= value.mask
                why = why or value.why
        return mask, why

    def part_of(self, values: list[Value], kind: int = OTHER) -> Value:
        """Something made from these values, whatever it is."""
        mask, why = self.deep_all(values)
        if not mask:
            return Value(kind=kind) if kind != OTHER else CLEAN
        return Value(mask, why, NO_OBJS, None, kind)

    def number_from(self, values: list[Value]) -> Value:
        """A number made from these values: harmless to most rules."""
        mask, why = self.deep_all(values) if self.rules.numbers else (0, None)
        mask &= self.rules.numbers
        return Value(mask, why, NO_OBJS, None, NUM) if mask else NUMBER

    def cleaned(self, value: Value, bits: int) -> Value:
        """The value after a sanitizer of these rules."""
        mask, why = self.deep(value)
        if not mask & bits:
            return value
        return Value(mask & ~bits, why, NO_OBJS, None, STR)

    def text(self, values: list[Value], instr: Instr) -> Value:
        """Text made from these values."""
        mask, why = self.deep_all(values)
        if not mask:
            return Value(kind=STR)
        return Value(mask, step(why, instr.line, "becomes part of a text", instr.col), NO_OBJS, None, STR)


def _from_end(const: Constant) -> bool:
    return not isinstance(const, int) or const < 0


def canonical(path: str) -> str:
    """The name of a library's thing without the module that it was taken from: ``sys`` of ``os.sys``."""
    head, _, last = path.rpartition(".")
    return last if last in _EVERYWHERE and head.partition(".")[0] in sys.stdlib_module_names else path


def step(why: Step | None, line: int, note: str, col: int | None = None) -> Step | None:
    """Add a step to a trace, unless the trace is at this line already."""
    return why if why is not None and why.line == line else Step(line, note, why, col=col)
