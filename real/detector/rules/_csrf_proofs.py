"""Tests by which only a page of the same site passes, and the protection of a whole application (CWE-352)."""

from __future__ import annotations

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.slices import Reads
from real.detector.ir.definitions import definition, is_loaded
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import last_names
from real.detector.models.kinds import Role
from real.detector.rules._csrf_switches import named
from real.detector.vocabulary import CSRF_PROOFS, CSRF_PROTECTIONS, SIGNATURE_WORDS, words

PROOFS = CSRF_PROOFS | SIGNATURE_WORDS - {"sign"}
_PROTECTIONS = CSRF_PROTECTIONS | {name.lower() for name in last_names(Role.CSRF)}


def is_proof(atom: Atom, reads: Reads) -> bool:
    del atom
    return any(words(word) & PROOFS for word in reads.words)


def has_proof(facts: Facts, unit: Unit) -> bool:
    """Whether the function tests a signature or the like, as a webhook does."""
    return any(
        is_proof(atom, facts.atom_reads(atom))
        for instr in facts.instructions(unit, "branch")
        if not _decides_nothing(facts, unit, instr)
        for atom in facts.atoms(unit, instr.args[0])
    ) or any(words(named(instr)) & (PROOFS | {"verify"}) for instr in facts.instructions(unit, "method"))


def _decides_nothing(facts: Facts, unit: Unit, branch: Instr) -> bool:
    tested = definition(unit, branch.args[0])
    return tested is not None and facts.is_idle(unit, tested)


def _is_optional(facts: Facts, unit: Unit) -> bool:
    """``if token and token != session["csrf"]: abort(400)``: who sends no token passes."""
    for instr in facts.instructions(unit, "call", "return"):
        if instr.op == "call" and not _refuses(facts, unit, instr):
            continue
        tests = [atom for atom in facts.controlling_tests(unit, instr) if atom.necessary]
        tested = {
            key
            for atom in tests
            if atom.op in ("NotEq", "call")
            for key in facts.atom_reads(atom).keys
            if isinstance(key, str) and words(key) & PROOFS
        }
        given = [atom for atom in tests if atom.op in ("truth", "call") and atom.sense is True]
        if any(facts.reads(atom.unit, atom.instr.dst).keys & tested for atom in given):
            return True
    return False


def _refuses(facts: Facts, unit: Unit, instr: Instr) -> bool:
    return any(name.rpartition(".")[2] == "abort" for name in facts.library_names(unit, instr))


def is_protected(facts: Facts) -> bool:
    before = [unit for unit in facts.functions if facts.declarations(unit).words & {"before_request", "middleware"}]
    return any(has_proof(facts, unit) and not _is_optional(facts, unit) for unit in before) or any(
        instr.op in ("import", "attr", "method")
        and words(named(instr)) & _PROTECTIONS
        and (instr.op == "method" or _is_applied(facts, unit, instr))
        for unit, instr in facts.steps()
    )


def _is_applied(facts: Facts, unit: Unit, named: Instr) -> bool:
    """Whether something is done with what is imported, or read from a module."""
    same = {named.dst}
    for instr in facts.instructions(unit):
        if same.isdisjoint(instr.args):
            continue
        if instr.op in ("assign", "copy", "pi"):
            same.add(instr.dst)
        elif instr.op != "setcell" or is_loaded(facts.units, instr):
            return True
    return False
