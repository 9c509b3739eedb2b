"""The words that a program is started with, in order, as far as they are written down in the function that does."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.concepts.text_pieces import members
from real.detector.ir.call_shapes import shape_of
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Unit

_MAX_PARTS = 20  # lists that are added to each other


def words_of_call(facts: Facts, site: CallSite, place: int, keyword: str) -> list[int]:
    """The operands of the words: of a list that is passed, or passed one by one after the program.

    Of ``os.execvp("tar", ["tar", ...])`` they are those of the list.
    """
    shape = shape_of(site.instr)
    passed = site.operands((place,), (keyword,))[:1]
    if shape is None or not passed or any(shape.starred):
        return list(_words(facts, site.unit, passed[0])) if passed else []
    rest = [site.instr.args[1 + at + site.shift] for at in range(place + 1, len(shape.starred) - site.shift)]
    listed = list(_words(facts, site.unit, passed[0]))
    if len(listed) > 1 or not rest:
        return listed
    following = list(_words(facts, site.unit, rest[0]))
    return following if len(following) > 1 else [*listed, *rest]


def _words(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> Iterator[int]:
    made = definition(unit, operand)
    if made is not None and made.op in ("binop", "inplace") and depth < _MAX_PARTS:
        for part in made.args[:2]:
            yield from _words(facts, unit, part, depth + 1)
        return
    yield from members(facts, unit, operand)
    if made is not None and made.op == "build":
        here = root(unit, operand)
        for step in facts.instructions(unit):
            if step.op == "method" and step.extra[0] == "append" and root(unit, step.args[0]) == here:
                yield from step.args[1:2]
