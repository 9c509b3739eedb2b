"""Inheritance among the classes of a program: what a class has from which other.

Asked for at every access to an attribute. So the answers are kept until a class grows; and for each unit, since whoever
asks depends on all the classes that were looked through.
"""

from __future__ import annotations

from real.detector.analysis.values import BOTTOM, Obj, Value, join, ordered
from real.detector.ir.instructions import Unit


def bases(cls: Obj) -> list[Obj]:
    """The classes of the program that ``cls`` names as its bases, in their order where it is known."""
    return [obj for obj in _named(cls) if obj.kind == "class" and obj is not cls]


def _named(cls: Obj) -> dict[Obj, None]:
    return dict.fromkeys([*cls.bases, *ordered(cls.fields.get("__bases__", BOTTOM).objs)])


def defines(obj: Obj, name: str) -> bool:
    """Whether the class of an instance, or one of the program that it inherits from, defines a method of this name."""
    work = ordered(obj.fields.get("__class__", BOTTOM).objs) if obj.kind == "instance" else []
    seen: set[Obj] = set()
    while work:
        cls = work.pop()
        if cls not in seen:
            seen.add(cls)
            work += bases(cls)
    return any(name in cls.fields for cls in seen)


def with_unknown(cls: Obj, name: str, held: Value) -> Value:
    """What a class holds under a name, and what has been stored in it under a name that is not known."""
    return held if name.startswith("__") else join(held, cls.elements)


class Inheritance:
    """Answers of one analysis; ``growth`` says how often any class has grown."""

    def __init__(self) -> None:
        self._growth = 0
        self._lineages: dict[Obj, tuple[Obj, ...]] = {}
        self._foreign: dict[Obj, tuple[str, ...]] = {}
        self._members: dict[tuple[Unit, Obj, str], Value | None] = {}

    def _renew(self, growth: int) -> None:
        if growth != self._growth:
            self._growth = growth
            self._lineages, self._foreign, self._members = {}, {}, {}

    def lineage(self, cls: Obj, growth: int) -> tuple[Obj, ...]:
        """A class and those of the program that it inherits from: each once, and before its own bases.

        That is the order in which Python looks, where it accepts the class at all (reverse postorder).
        """
        self._renew(growth)
        known = self._lineages.get(cls)
        if known is None:
            done: dict[Obj, None] = {}
            seen = {cls}
            work = [(cls, iter(reversed(bases(cls))))]
            while work:
                current, rest = work[-1]
                for base in rest:
                    if base not in seen:
                        seen.add(base)
                        work.append((base, iter(reversed(bases(base)))))
                        break
                else:
                    done[current] = None
                    work.pop()
            known = self._lineages[cls] = tuple(reversed(done))
        return known

    def foreign(self, cls: Obj, growth: int) -> tuple[str, ...]:
        """The library classes that it inherits from."""
        self._renew(growth)
        known = self._foreign.get(cls)
        if known is None:
            known = self._foreign[cls] = tuple(
                base.name for current in self.lineage(cls, growth) for base in _named(current) if base.kind == "api"
            )
        return known

    def member(self, cls: Obj, name: str, unit: Unit, growth: int) -> Value | None:
        """What a class or its bases define under a name; ``unit`` is looked at again when any of these grows."""
        self._renew(growth)
        key = (unit, cls, name)
        if key not in self._members:
            found = None
            for current in self.lineage(cls, growth):
                current.readers.add(unit)
                held = current.fields.get(name)
                if held is not None:
                    found = with_unknown(current, name, held)
                    break
            self._members[key] = found
        return self._members[key]
