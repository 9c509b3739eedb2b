"""Serializers of REST frameworks: the fields that their classes say to be read or written only."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.concepts.endpoints import Class
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import definition


def flagged_fields(facts: Facts, meta: Class, outer: Class, flag: str) -> set[str]:
    """``extra_kwargs = {"password": {"write_only": True}}``, ``password = CharField(write_only=True)``."""
    extra = meta.member("extra_kwargs")
    found = {
        str(name)
        for obj in (facts.value(*extra).objs if extra is not None else ())
        for name, held in obj.fields.items()
        if flag in facts.elements(held) or any(flag in inner.fields for inner in held.objs)
    }
    return found | {name for name, keywords in keywords_of_fields(outer) if flag in keywords}


def keywords_of_fields(serializer: Class) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """The fields that a class declares by a call, each with the keywords of it."""
    for name, (unit, operand) in serializer.members.items():
        made = definition(unit, operand)
        shape = shape_of(made) if made is not None and made.op in ("call", "method") else None
        if shape is not None:
            yield name, shape.keywords
