"""The words that a program is started with, in order, as far as they are written down in the function that does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.concepts.text_pieces import members
from real.detector.ir.call_shapes import passed_operands, shape_of
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit

_MAX_PARTS = 20  # lists that are added to each other
_MAX_DEPTH = 6
_COPIES = frozenset({"builtins.list", "builtins.tuple"})


@dataclass(frozen=True, slots=True)
class Start:
    """A call that starts a program, directly or through a function, with its words: each an operand of a unit."""

    unit: Unit
    instr: Instr
    words: list[tuple[Unit, int]]

    def constants(self, facts: Facts, index: int) -> frozenset[object]:
        """What the word at a place may be, as far as it is constant."""
        return frozenset(facts.constants(*self.words[index])) if self.words else frozenset()


def wrapped(facts: Facts, site: CallSite, listed: list[int]) -> Iterator[Start]:
    """The calls of a function that starts a program with all it is passed: ``run(["git", *args])``."""
    unit = site.unit
    made = _passed_on(facts, unit, listed[-1]) if len(listed) > 1 else None
    if made is None:
        return
    own = [(unit, word) for word in listed[:-1]]
    for caller, call, bound in facts.call_sites(unit):
        passed = passed_operands(call, unit, bound).get(str(made.extra), [])
        if made.extra != unit.params.vararg:
            passed = list(_words(facts, caller, passed[0])) if passed and _is_list(caller, passed[0]) else []
        yield Start(caller, call, [*own, *((caller, word) for word in passed)])


def _is_list(unit: Unit, operand: int) -> bool:
    made = definition(unit, operand)
    return made is not None and (made.op == "build" or (made.op == "binop" and made.extra == "Add"))


def _passed_on(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> Instr | None:
    """The parameter that a list ends with: ``list(args)``, or in a branch ``OPTIONS + args``."""
    made = definition(unit, operand)
    if made is None or depth > _MAX_DEPTH or made.op == "param":
        return made if made is not None and made.op == "param" else None
    parts = made.args if made.op == "phi" else ()
    if made.op in ("binop", "inplace") and made.extra == "Add":
        parts = made.args[1:2]
    elif made.op == "call" and len(made.args) == 2 and facts.library_names(unit, made) & _COPIES:
        parts = made.args[1:]
    found = (_passed_on(facts, unit, part, depth + 1) for part in parts)
    return next((param for param in found if param is not None), None)


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
