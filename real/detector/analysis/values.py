"""The abstract domain: what a value may be, and the heap objects it may refer to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from operator import attrgetter
from typing import TypeAlias

from real.detector.ir.instructions import Unit
from real.detector.models.kinds import SourceKind

Constant: TypeAlias = "str | bytes | int | float | bool | None"

# Kinds, as bits: numbers (also bool, None), text, anything, query builders, an untested guarded path, one character
NUM, STR, OTHER, BUILDER, UNPROVEN, CHAR = 1, 2, 4, 8, 16, 32
MAX_CONSTS = 64  # an allow-list of more entries is not tracked


class Step:
    """One step of a trace, newest first.

    The first one says where the data enter: the kind of source, or a function. ``is_import``: nothing is read there
    yet, only the name of a source is brought in. For a parameter of a function, ``param`` is its name, and ``defaults``
    are the constants that it is where nothing else is passed, and that the program passes itself.
    """

    __slots__ = ("col", "defaults", "entry", "is_import", "line", "note", "param", "prev")

    def __init__(
        self,
        line: int,
        note: str,
        prev: Step | None,
        entry: SourceKind | Unit | None = None,
        *,
        col: int | None = None,
        is_import: bool = False,
        defaults: frozenset[Constant] | None = None,
        param: str = "",
    ) -> None:
        self.line = line
        self.param = param
        self.col = col
        self.note = note
        self.prev = prev
        self.entry = entry
        self.is_import = is_import
        self.defaults = defaults

    @property
    def first(self) -> Step:
        """Where the trace begins."""
        step = self
        while step.prev is not None:
            step = step.prev
        return step


class Value:
    """An element of the lattice.

    ``mask`` has one bit per rule for which the value is untrusted, ``why`` is how it became so, ``objs`` are the
    objects it may be, ``consts`` the constants it may be (``None``: others too), ``kind`` which sorts of value.
    """

    __slots__ = ("consts", "depth", "kind", "mask", "objs", "why")

    def __init__(
        self,
        mask: int = 0,
        why: Step | None = None,
        objs: frozenset[Obj] = frozenset(),
        consts: frozenset[Constant] | None = None,
        kind: int = OTHER,
    ) -> None:
        self.mask = mask
        self.why = why
        self.objs = objs
        self.consts = consts
        self.depth: tuple[int, Unit, int, Step | None] | None = None  # kept by ``Heap.deep``
        self.kind = kind


NO_OBJS: frozenset[Obj] = frozenset()
BOTTOM = Value(0, None, NO_OBJS, frozenset(), 0)
CLEAN = Value()  # some trusted value, nothing else known
NUMBER = Value(kind=NUM)
TEXT = Value(kind=STR)


class Obj:
    """A heap object, named by where it is created; its contents are the join of everything ever stored in it.

    ``kind``: list, tuple, set, generator, dict, namespace, instance, class, function, bound, property, setter, static,
    classmethod, method, partial, dynattr, getter, super, or ``api`` (something of a library, ``name`` its path).
    """

    __slots__ = (
        "any_key",
        "bases",
        "contents",
        "deep_mask",
        "deep_why",
        "elements",
        "fields",
        "itself",
        "keys",
        "kind",
        "loses",
        "made_with",
        "name",
        "number",
        "original",
        "parents",
        "readers",
        "unit",
    )

    def __init__(self, kind: str, name: str, number: int, unit: Unit | None = None) -> None:
        self.kind = kind
        self.name = name
        self.number = number
        self.unit = unit
        self.fields: dict[Constant, Value] = {}  # by constant key, index or attribute name
        self.itself: Value | None = None  # the reference to it
        self.contents: Value | None = None  # the join of all fields and elements, until one grows
        self.any_key: Value | None = None  # that of all keys
        self.elements = BOTTOM  # under keys that are not known
        self.keys = BOTTOM  # the unknown keys of a dict
        self.made_with: dict[Hashable, frozenset[Constant]] = {}  # where it is made -> the elements, or keys, it has
        self.original: Obj | None = None  # of a copy: what was copied first
        self.loses = False  # whether something may be taken out of it, or replaced in it
        self.bases: dict[Obj, None] = {}  # of a class, in the order in which it names them
        self.readers: set[Unit] = set()
        self.parents: dict[Obj, None] = {}  # the objects that hold this one
        self.deep_mask = 0  # the taint of everything reachable from here, kept up to date as things are stored
        self.deep_why: Step | None = None

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


def of_const(value: object) -> Value:
    """The abstraction of one constant."""
    if isinstance(value, (str, bytes)):
        return Value(consts=frozenset((value,)), kind=STR)
    if value is None or isinstance(value, (bool, int, float)):
        return Value(consts=frozenset((value,)), kind=NUM)
    return CLEAN


def of_obj(obj: Obj, mask: int = 0, why: Step | None = None) -> Value:
    """A reference to one object; always the same one, as long as it is trusted."""
    if mask or why is not None:
        return Value(mask, why, frozenset((obj,)), None, OTHER)
    if obj.itself is None:
        obj.itself = Value(0, None, frozenset((obj,)), None, OTHER)
    return obj.itself


def certain(value: Value) -> frozenset[Constant]:
    """What a value certainly has, and not only may have: the characters of a text, elements of a sequence, keys."""
    if value.mask or (value.objs and value.kind != OTHER):
        return frozenset()
    held = [_certain_of(obj) for obj in value.objs] or [
        frozenset(const) for const in value.consts or () if isinstance(const, str)
    ]
    return frozenset.intersection(*held) if held else frozenset()


def _certain_of(obj: Obj) -> frozenset[Constant]:
    return frozenset[Constant]().union(*obj.made_with.values()) if not obj.loses else frozenset()


def one_constant(value: Value) -> frozenset[Constant]:
    """The constant that a value is for certain, as a set; none where it may be another one."""
    is_one = value.consts is not None and len(value.consts) == 1 and not value.mask and not value.objs
    return value.consts or frozenset() if is_one else frozenset()


def read_at(value: Value, line: int) -> Value:
    """A value of which something is read: where a source was only imported before, its trace begins here."""
    why = value.why
    if why is None or not why.is_import:
        return value
    return Value(value.mask, Step(line, why.note, None, why.entry), value.objs, value.consts, value.kind)


def join(a: Value, b: Value) -> Value:
    """Least upper bound; returns ``a`` itself when ``b`` adds nothing."""
    if a is b or b is BOTTOM:
        return a
    if a is BOTTOM:
        return b
    mask = a.mask | b.mask
    objs, others = a.objs, b.objs
    if others and others is not objs and not others <= objs:
        objs = objs | others
    consts = a.consts
    if consts is not None:
        if b.consts is None:
            consts = None
        elif not b.consts <= consts:
            consts = consts | b.consts
            if len(consts) > MAX_CONSTS:
                consts = None
    kind = a.kind | b.kind
    if mask == a.mask and objs is a.objs and consts is a.consts and kind == a.kind:
        return a
    return Value(mask, a.why if a.mask else b.why, objs, consts, kind)


def join_all(values: Iterable[Value]) -> Value:
    """The join of any number of values."""
    result = BOTTOM
    for value in values:
        result = join(result, value)
    return result


_NUMBER = attrgetter("number")


def ordered(objs: frozenset[Obj]) -> list[Obj]:
    """Objects in creation order: iteration over a set would depend on memory addresses."""
    if len(objs) < 2:
        return list(objs)
    return sorted(objs, key=_NUMBER)


def may_be_plain(value: Value) -> bool:
    """Whether it may be something else than its objects; the taint of a library object is its own."""
    return not value.objs or (value.mask != 0 and any(obj.kind != "api" for obj in value.objs))


def plain(value: Value) -> Value:
    """What a value may be beside its objects."""
    if value.objs and not value.mask:
        return BOTTOM
    return Value(value.mask, value.why, NO_OBJS, value.consts, value.kind)
