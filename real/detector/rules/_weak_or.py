"""An ``or`` by which somebody passes who should not: one login is enough."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import names
from real.detector.vocabulary import OWNERS, words

# What says only that somebody is known.
_KNOWN = names("is_authenticated is_active is_anonymous")
_NEGATIVE = frozenset({"is_anonymous"})


def weak_or(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """`is_authenticated or owner == user`: whoever is logged in passes, and the second test never matters."""
    branches = list(facts.instructions(unit, "branch"))
    known = [instr for instr in branches if _asks_known(facts, unit, instr) is not None]
    for branch in known:
        sense = _asks_known(facts, unit, branch)
        passing, _ = facts.outcomes(unit, branch, bool(sense))
        failing, _ = facts.outcomes(unit, branch, not sense)
        for other in branches:
            if other is branch:
                continue
            for outcome in (True, False):
                failed, _ = facts.outcomes(unit, other, not outcome)
                if other not in failing.instrs and branch not in failed.instrs:
                    continue  # neither of the two is asked where the other fails
                block, atoms = facts.outcomes(unit, other, outcome)
                if block is passing and any(_is_personal(facts, atom) for atom in atoms):
                    yield Defect(definition(unit, other.args[0]) or other, "whoever is logged in passes")
                    return
    yield from _weak_value(facts, unit, known)


def _weak_value(facts: Facts, unit: Unit, known: list[Instr]) -> Iterator[Defect]:
    """The same as a returned value: ``return user.is_active or page.author_id == user.id``."""
    for instr in facts.instructions(unit, "return"):
        made = definition(unit, instr.args[0])
        if made is None or made.op != "phi":
            continue
        parts = [definition(unit, arg) for arg in made.args]
        for branch in known:
            sense = _asks_known(facts, unit, branch)
            tested = definition(unit, branch.args[0])
            compared = [part for part in parts if part is not None and part.op == "compare"]
            if sense and tested in parts and any(_compares_owner(facts, unit, part) for part in compared):
                failing = branch.extra[1]
                if any(part in failing.instrs for part in compared):
                    yield Defect(instr, "whoever is logged in passes")
                    return


def _compares_owner(facts: Facts, unit: Unit, compare: Instr) -> bool:
    reads = facts.reads(unit, compare.dst)
    return compare.extra[0] in ("Eq", "In", "Is") and len(reads.params | reads.names) > 1 and bool(reads.attributes)


def _asks_known(facts: Facts, unit: Unit, branch: Instr) -> bool | None:
    """The outcome of a branch on which somebody is known, where it asks for nothing else."""
    _, atoms = facts.outcomes(unit, branch, True)
    if len(atoms) != 1 or atoms[0].op not in ("truth", "call") or atoms[0].sense is None:
        return None
    made = definition(atoms[0].unit, atoms[0].operands[0]) if atoms[0].op == "truth" else None
    if made is None or made.op != "attr" or str(made.extra) not in _KNOWN:
        return None
    return atoms[0].sense is (str(made.extra) not in _NEGATIVE)


def _is_personal(facts: Facts, atom: Atom) -> bool:
    if atom.op not in ("Eq", "In", "Is") or facts.is_existence_test(atom):
        return False
    reads = facts.atom_reads(atom)
    return any(words(word) & OWNERS for word in reads.attributes) or bool(reads.keys & OWNERS)
