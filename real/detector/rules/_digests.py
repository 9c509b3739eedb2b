"""Comparisons that say that bytes are known ones: a code made with a key, a digest that was written down before,
a signature of a public key.
"""

from __future__ import annotations

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.slices import Origin, Reads
from real.detector.analysis.witness import every
from real.detector.concepts.hashes import hashes
from real.detector.ir.call_shapes import passed_operands
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import words

_PAIR = 2
# Words by which the caller of a library function is told to know a digest, and how a list of digests is read.
_KNOWN = names("expected known trusted")
_READERS = last_names(Role.JSON_PARSER, Role.PARSER) | {"open", "read", "read_text"}


def is_code_test(facts: Facts, atom: Atom, reads: Reads) -> bool:
    """The bytes passed a comparison in constant time of a code made with a key."""
    if atom.op != "call" or atom.sense is not True:
        return False
    compares = facts.library_names(atom.unit, atom.instr) & calls_of(Role.EQUALITY).keys()
    return bool(compares and reads.calls & calls_of(Role.MAC).keys())


def is_digest_test(facts: Facts, atom: Atom) -> bool:
    """The digest of the bytes is one that does not come with them: of a table, a manifest, another parameter."""
    compares = atom.op == "call" and atom.sense is True
    compares = compares and bool(facts.library_names(atom.unit, atom.instr) & calls_of(Role.EQUALITY).keys())
    if atom.op not in ("Eq", "In") and not compares:
        return False
    pair = atom.operands[-_PAIR:]
    for digest, other in (pair, pair[::-1]):
        is_digest = bool(facts.reads(atom.unit, digest).calls & hashes())
        if is_digest and not _comes_with(facts, atom, other, digest):
            return True
    return False


def _comes_with(facts: Facts, atom: Atom, other: int, digest: int) -> bool:
    """Whether what a digest is compared with comes from where the bytes come from."""
    if not facts.is_untrusted(facts.value(atom.unit, other)):
        return False
    mine, theirs = _sources(facts, atom, digest), _sources(facts, atom, other)
    if any(origin.instr.op == "param" and not words(str(origin.instr.extra)) & _KNOWN for origin in theirs):
        is_looked_up = bool(facts.reads(atom.unit, other).called & _READERS)
        return not is_looked_up or bool({origin.instr for origin in mine} & {origin.instr for origin in theirs})
    return not theirs or bool({origin.instr for origin in mine} & {origin.instr for origin in theirs})


def _sources(facts: Facts, atom: Atom, operand: int) -> set[Origin]:
    """Where an operand of a test comes from, in terms of the function that the test controls."""
    found = facts.origins(atom.unit, [operand])
    if atom.via is None or atom.caller is None:
        return found
    passed = passed_operands(atom.via, atom.unit, atom.bound)
    names = {str(origin.instr.extra) for origin in found if origin.instr.op == "param"}
    return {
        origin
        for name in names
        for outer in passed.get(name, ())
        for origin in facts.origins(atom.caller, [outer])
    }  # fmt: skip


def is_verified(facts: Facts, flow: Flow) -> bool:
    """``key.verify(signature, data)`` of a public key before: it fails on a wrong signature."""
    wanted = facts.origins(flow.unit, flow.operands)
    return any(
        step.op == "method"
        and step.extra[0] == "verify"
        and len(step.args) > _PAIR
        and not facts.called(step)
        and _covers(facts, flow.unit, step, wanted)
        for step in facts.before(flow.unit, flow.instr)
    )


def _covers(facts: Facts, unit: Unit, step: Instr, wanted: set[Origin]) -> bool:
    tested = facts.origins(unit, step.args[1:])
    return bool(wanted) and every(any(one.covers(origin) for one in tested) for origin in wanted)
