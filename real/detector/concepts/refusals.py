"""Tests that keep characters out of a text: ``if "'" in name: raise``, ``name.find("'") < 0``, ``not re.search(...)``.

A test counts for the very value that it asks about (or for one that is trimmed or changed in case), and only if every
way to the place where the value is used has its good outcome, or has no text at all.
"""

from __future__ import annotations

from collections.abc import Callable

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.witness import every
from real.detector.concepts.loops import is_tested_in_each_round, root_of, skips_elements
from real.detector.concepts.tested_values import Subject
from real.detector.ir.instructions import Edge, Instr, Unit


def refused(facts: Facts, unit: Unit, goals: tuple[Instr | Edge, ...], made: Instr, characters: str) -> frozenset[str]:
    """The characters that the value which ``made`` gives does not have wherever one of ``goals`` is reached."""
    return frozenset(char for char in characters if any(_is_refused(facts, unit, goal, made, char) for goal in goals))


def _is_refused(facts: Facts, unit: Unit, goal: Instr | Edge, made: Instr, char: str) -> bool:
    if holds_on_every_way(facts, unit, goal, made, lambda subject: subject.lacks(char)):
        return True
    return isinstance(goal, Instr) and _is_refused_in_loop(facts, unit, goal, made, char)


def holds_on_every_way(
    facts: Facts,
    unit: Unit,
    goal: Instr | Edge,
    made: Instr,
    claim: Callable[[Subject], bool],
    *,
    inner: bool = False,
) -> bool:
    """Whether on every way to ``goal`` a test says ``claim`` of a value, or that it is empty.

    With ``inner``, of the value without its first and last character.
    """
    last = goal if isinstance(goal, Instr) else goal.start.instrs[-1] if goal.start.instrs else None

    def passes(atom: Atom) -> bool:
        if not atom.necessary:
            return False
        subject = Subject(facts, atom, unit, made, inner=inner)
        if subject.is_empty():
            return True
        elements = [element for element in _elements(atom) if element is not made]
        if elements and (last is None or not every(_is_each(facts, unit, last, atom, one) for one in elements)):
            return False
        return claim(subject)

    return facts.passes_on_every_way(unit, goal, passes)


def _is_each(facts: Facts, unit: Unit, goal: Instr, atom: Atom, element: Instr) -> bool:
    return is_tested_in_each_round(facts, unit, goal, atom, element) and not skips_elements(facts, atom.unit, element)


def _elements(atom: Atom) -> list[Instr]:
    """The loops whose elements a comparison tests."""
    roots = [root_of(atom.unit, operand) for operand in atom.operands] if atom.instr.op == "compare" else []
    return [made for made in roots if made is not None and made.op == "iterate"]


def _is_refused_in_loop(facts: Facts, unit: Unit, goal: Instr, made: Instr, char: str) -> bool:
    """``for c in "'\"": if c in text: raise``, ``for c in text: if c in "'\"": raise``."""
    for atom in facts.controlling_tests(unit, goal):
        if atom.necessary or atom.sense is None or len(atom.operands) != 2:
            continue
        elements = _elements(atom)
        if (
            bool(elements)
            and every(is_tested_in_each_round(facts, unit, goal, atom, element) for element in elements)
            and Subject(facts, atom, unit, made).lacks(char)
        ):
            return True
    return False
