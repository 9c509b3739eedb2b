"""Methods of lists, sets, generators and dicts, iteration, and conversion to text."""

from __future__ import annotations

from typing import Protocol

from real.detector.analysis.callsites import Args
from real.detector.analysis.code_values import OWN_MODULE
from real.detector.analysis.heap import CONTAINERS, MAPPINGS, SEQUENCES, Heap
from real.detector.analysis.letters import Letters
from real.detector.analysis.replaced_code import ReplacedCode
from real.detector.analysis.textformat import untrusted_parts
from real.detector.analysis.values import (
    BOTTOM,
    CHAR,
    CLEAN,
    MAX_CONSTS,
    NO_OBJS,
    NUM,
    NUMBER,
    OTHER,
    STR,
    Constant,
    Obj,
    Value,
    certain,
    join,
    join_all,
    of_const,
    of_obj,
    ordered,
)
from real.detector.ir.instructions import Instr

SELF_FILLING = "defaultdict"  # the name of a dict that has a key once it has been asked for it
MAX_FOLDED = 1_000  # characters of a constant text that is put together
_LIST_ADDERS = frozenset({"append", "add", "appendleft"})
_LIST_EXTENDERS = frozenset(
    {"extend", "extendleft", "update", "intersection_update", "difference_update", "symmetric_difference_update"}
)
_LIST_GETTERS = frozenset({"pop", "popleft", "__next__"})
_SET_OPERATIONS = frozenset({"union", "difference", "intersection", "symmetric_difference"})
# After these methods, whatever a container was made with is still in it, and under the same key.
_KEEPING = _SET_OPERATIONS | {
    *("append", "add", "appendleft", "extend", "extendleft", "update", "insert", "sort", "reverse", "index", "count"),
    *("issubset", "issuperset", "isdisjoint", "copy", "items", "keys", "values", "get", "setdefault"),
    *("__contains__", "__getitem__", "__iter__", "__len__", "__eq__", "__or__", "__and__", "__ior__", "__iadd__"),
}


class Callbacks(Protocol):
    """Who calls what a container is given to compare or to make its elements with."""

    def run_callbacks(self, args: Args, instr: Instr, element: Value, is_known: bool = False) -> Value:
        """Call every argument that can be called, with whatever the other arguments hold."""


class ContainerCalls(Protocol):
    """The calls that containers make."""

    def call_dunder(self, obj: Obj, names: tuple[str, ...], args: Args, instr: Instr) -> Value:
        """Call those special methods that the instance's class defines; unknown if it defines none."""


class Containers:
    """The containers of the language."""

    calls: ContainerCalls
    callbacks: Callbacks

    def __init__(self, heap: Heap, letters: Letters, replaced: ReplacedCode) -> None:
        self.heap = heap
        self.letters = letters
        self.replaced = replaced

    def sequence_method(self, obj: Obj, name: str, args: Args, instr: Instr) -> Value:  # noqa: PLR0911
        """A method of a list, tuple, set, deque or generator."""
        obj.loses = obj.loses or name not in _KEEPING
        if name in _LIST_ADDERS:
            self.heap.put_unknown(obj, args.first())
            return NUMBER
        if name in _LIST_EXTENDERS:
            for value in args.everything():
                self.heap.put_unknown(obj, self.iterate(value, instr))
            return NUMBER
        if name in ("index", "count", "clear", "remove", "discard", "issubset", "issuperset", "isdisjoint"):
            return NUMBER
        if name == "insert":
            self.heap.smash(obj)
            self.heap.put_unknown(obj, args.at(1))
            return NUMBER
        if name in ("sort", "reverse"):
            self.heap.smash(obj)
            self.callbacks.run_callbacks(args, instr, self.heap.contents(obj), is_known=name == "sort")
            return NUMBER
        if name in _LIST_GETTERS:
            self.heap.smash(obj)
            return self.heap.contents(obj)
        if name in _SET_OPERATIONS:
            elements = self.heap.contents(obj)
            for value in args.everything() if name != "difference" else ():
                others = self.iterate(value, instr)
                elements = self.common(elements, others) if name == "intersection" else join(elements, others)
            made = self.heap.fresh_list(instr, elements, "set")
            return holding(made, instr, certain(of_obj(obj))) if name == "union" else made
        if name == "copy":
            return self.duplicate(obj, instr)
        if name == "send":
            self.heap.put(obj, "sent", args.first())
            return self.heap.contents(obj)
        self.heap.put_unknown(obj, join_all(args.everything()))
        return join(self.heap.part_of([of_obj(obj), *args.everything()]), self.heap.contents(obj))

    def common(self, elements: Value, others: Value) -> Value:
        """What two sets have in common is part of both, and so of the one that is trusted."""
        if not self.heap.deep(elements)[0]:
            return elements
        return join(elements, others) if self.heap.deep(others)[0] else others

    def mapping_method(self, obj: Obj, name: str, args: Args, instr: Instr) -> Value:  # noqa: PLR0911
        """A method of a dict."""
        obj.loses = obj.loses or name not in _KEEPING
        if name == "items":
            pair = self.heap.fresh_tuple(instr, [self.heap.key_of(obj), self.heap.contents(obj)], "item")
            return self.heap.fresh_list(instr, pair)
        if name == "keys":
            return self.heap.fresh_list(instr, self.heap.key_of(obj))
        if name == "values":
            return self.heap.fresh_list(instr, self.heap.contents(obj))
        if name in ("get", "pop", "__getitem__"):
            return join(
                self.letters.chosen(self.heap.item(obj, args.at(0)), args.at(0), _first_operand(instr)), args.at(1)
            )
        if name == "copy":
            return self.duplicate(obj, instr)
        self.replaced.mapping(obj, name, args, instr)
        if name == "setdefault":
            self.heap.put_item(obj, args.at(0), args.at(1))
            return join(self.heap.item(obj, args.at(0)), args.at(1))
        if name == "__setitem__":
            self.heap.put_item(obj, args.at(0), args.at(1))
            return NUMBER
        if name in ("update", "__ior__"):
            self.merge(obj, args, instr)
            return of_obj(obj) if name == "__ior__" else NUMBER
        if name == "popitem":
            return self.heap.fresh_tuple(instr, [self.heap.key_of(obj), self.heap.contents(obj)], "item")
        if name in ("clear", "move_to_end", "__contains__"):
            return NUMBER
        self.heap.put_unknown(obj, join_all(args.everything()))
        return join(self.heap.part_of([of_obj(obj), *args.everything()]), self.heap.contents(obj))

    def duplicate(self, obj: Obj, instr: Instr) -> Value:
        """A container that holds what ``obj`` holds now: what is put into one of the two is not in the other."""
        original = obj.original or obj  # a copy of a copy at one place is that place's copy: else they had no end
        made = self.heap.obj((instr, "copy", original), obj.kind, obj.name)
        if made is not obj:
            made.original = original
            self.heap.touch(obj)
            for key, item in list(obj.fields.items()):
                self.heap.put(made, key, item)
            self.heap.put_unknown(made, obj.elements)
            self.heap.put_key(made, obj.keys)
        return holding(of_obj(made), instr, certain(of_obj(obj)))

    def merge(self, target: Obj, args: Args, instr: Instr) -> None:
        """``dict.update``: another dict, pairs, or keywords."""
        for value in args.pos:
            for obj in ordered(value.objs):
                if obj.name == "sys.modules":
                    self.heap.put_unknown(target, of_obj(self.heap.api(OWN_MODULE)))
                elif obj.kind in MAPPINGS or obj.kind == "class":
                    self.heap.touch(obj)
                    for key, item in list(obj.fields.items()) if obj is not target else ():
                        if key != "__bases__":
                            self.heap.put(target, key, item)
                    self.heap.put_unknown(target, obj.elements)
                    self.heap.put_key(target, obj.keys)
                else:
                    pair = self.iterate(of_obj(obj), instr)
                    self.heap.put_key(target, self.iterate(pair, instr))
                    self.heap.put_unknown(target, self.iterate(pair, instr))
            if value.mask:
                self.heap.put_key(target, value)
                self.heap.put_unknown(target, Value(value.mask, value.why))
        for name, value in args.named.items():
            self.heap.put(target, name, value)
        for extra in (args.rest, args.named_rest):
            if extra is not None:
                self.heap.put_unknown(target, extra)

    def iterate(self, value: Value, instr: Instr) -> Value:
        """Any element of an iterable."""
        result = BOTTOM
        if value.mask or not value.objs:
            kind = {NUM: NUM, STR: CHAR, CHAR: CHAR}.get(value.kind, OTHER)
            result = Value(value.mask, value.why, NO_OBJS, characters(value) if kind == CHAR else None, kind)
        others = []
        for obj in ordered(value.objs):
            if obj.kind in SEQUENCES or obj.kind == "super":
                result = join(result, self.heap.contents(obj))
            elif obj.kind in MAPPINGS:
                result = join(result, self.heap.key_of(obj))
            elif obj.kind == "instance":
                found = self.calls.call_dunder(
                    obj, ("__iter__", "__next__", "__getitem__", "__aiter__", "__anext__"), Args([CLEAN]), instr
                )
                inner = [o for o in ordered(found.objs) if o is not obj and o.kind in CONTAINERS]
                result = join(result, join(found, join_all(self.iterate(of_obj(o), instr) for o in inner)))
            else:
                others.append(obj)
        return join(result, self.heap.part_of([Value(objs=frozenset(others))])) if others else result

    def as_text(self, value: Value, instr: Instr) -> Value:
        """The value as ``str()``, ``format()`` or ``repr()`` shows it."""
        if not value.objs:
            return value
        parts = [value]
        for obj in ordered(value.objs):
            if obj.kind == "instance":
                shown = self.calls.call_dunder(obj, ("__str__", "__format__", "__repr__"), Args(), instr)
                others = value.objs - {obj}
                parts = [Value(value.mask, value.why, others), *parts[1:], shown]
                value = parts[0]
        return self.heap.part_of(parts, STR)

    def joined_constants(self, separator: Value, parts: Value) -> Value | None:
        """``"|".join(parts)`` of constants in a known order."""
        if separator.consts is None or len(separator.consts) != 1 or parts.mask or len(parts.objs) != 1:
            return None
        (obj,) = parts.objs
        self.heap.touch(obj)
        if obj.kind not in ("list", "tuple") or obj.elements is not BOTTOM:
            return None
        texts = []
        for index in range(len(obj.fields)):
            held = obj.fields.get(index, BOTTOM)
            text = next(iter(held.consts)) if held.consts is not None and len(held.consts) == 1 else None
            if not isinstance(text, str):
                return None
            texts.append(text)
        (between,) = separator.consts
        made = between.join(texts) if isinstance(between, str) else ""
        return of_const(made) if made and len(made) <= MAX_FOLDED else None

    def format_method(self, receiver: Value, args: Args, instr: Instr) -> Value:
        """``"...".format(...)``: fields with a numeric format let only numbers through."""
        parts = args.everything()
        if receiver.consts is not None and len(receiver.consts) == 1 and args.rest is None and args.named_rest is None:
            wanted = untrusted_parts(next(iter(receiver.consts)), len(args.pos), tuple(args.named))
            if wanted is not None:
                parts = [args.pos[key] if isinstance(key, int) else args.named[key] for key in wanted]
        return self.heap.text([receiver, *(self.as_text(part, instr) for part in parts)], instr)


def holding(made: Value, instr: Instr, members: frozenset[Constant]) -> Value:
    """A new container that is made with these members."""
    for obj in made.objs:
        obj.made_with[instr] = members
    return made


def _first_operand(instr: Instr) -> int | None:
    """The operand of the first positional argument of a method call, where it is one."""
    is_passed = instr.op == "method" and len(instr.args) > 1 and instr.extra[1].starred[:1] == (False,)
    return instr.args[1] if is_passed else None


def characters(value: Value) -> frozenset[Constant] | None:
    """The characters of constant texts; ``None`` where the text is not known, or they are too many."""
    if value.consts is None:
        return None
    characters: frozenset[Constant] = frozenset(c for const in value.consts if isinstance(const, str) for c in const)
    return characters if len(characters) <= MAX_CONSTS else None
