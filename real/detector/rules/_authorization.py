"""What the rules about authorization share: which operations need it, who asks, and which tests decide.

Names are weak evidence: a word counts only in what a test reads that has an outcome which rules the operation out.
"""

from __future__ import annotations

from dataclasses import dataclass

from real.detector.analysis.atoms import Atom
from real.detector.analysis.called_names import named_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.operations import Operation
from real.detector.analysis.slices import Reads
from real.detector.analysis.values import STR
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import BUILTINS
from real.detector.vocabulary import (
    ACTORS,
    AUTHENTICATION_WORDS,
    DATABASE_WORDS,
    PARTIES,
    PERSON_KEYS,
    REQUEST_NAMES,
    REQUIRING_VERBS,
    ROLE_WORDS,
    SIGNATURE_WORDS,
    words,
)

# Outside endpoints, groups, managers, operators, scopes and tokens are those of programs and machines.
_PRIVILEGES = ROLE_WORDS | {"owner", "owners", "permitted", "policy"}
AUTHORITY = _PRIVILEGES | AUTHENTICATION_WORDS - {"token", "tokens"} | {"access", "allowed", "can", "session"}
# Words of a parameter that may say who asks, where nothing uses it: an identity, or a kind of person.
_IDENTITIES = ACTORS | PERSON_KEYS | PARTIES | ROLE_WORDS
_NO_ACTORS = REQUEST_NAMES | DATABASE_WORDS | {"self", "cls", "args", "kwargs", "event", "session"}
# Words of what proves something by itself, so that CWE-347 and CWE-352 are about it.
_PROOFS = SIGNATURE_WORDS | {"csrf", "xsrf", "token"}
_MIN_PARAMETERS = 2

_STRONG_CALLABLES = frozenset({"function", "bound", "method"})


@dataclass(frozen=True, slots=True)
class Subject:
    """A function with operations that need permission, and the parameters that stand for the person who asks."""

    unit: Unit
    operations: tuple[Operation, ...]
    actors: frozenset[str]


def subjects(facts: Facts) -> list[Subject]:
    """The functions that the outside may call and that use records which the outside names."""
    found = []
    for unit in facts.functions:
        if facts.is_open(unit):
            operations = _sensitive(facts, unit)
            if operations:
                found.append(Subject(unit, tuple(operations), frozenset(_actors(facts, unit, operations))))
    return found


def _sensitive(facts: Facts, unit: Unit) -> list[Operation]:
    """Stores into, deletions from and returned readings of shared containers, at a key from outside."""
    found = []
    for operation in facts.operations(unit):
        named = operation.key is not None and facts.is_untrusted(facts.value(unit, operation.key))
        if not named and not _is_keyed(facts, unit, operation.base):
            continue
        if operation.kind != "read" or facts.is_returned(unit, operation.instr):
            found.append(operation)
    return sorted(found, key=lambda operation: (operation.instr.line, operation.instr.col))


def _is_keyed(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a container is itself a record that was looked up by a key from outside."""
    return any(
        instr.op in ("sub", "method")
        and len(instr.args) > 1
        and (instr.op == "sub" or instr.extra[0] == "get")
        and facts.is_untrusted(facts.value(unit, instr.args[1]))
        for instr in facts.definitions(unit, operand)
    )


def _actors(facts: Facts, unit: Unit, operations: list[Operation]) -> set[str]:
    """The parameters whose names say so, or that name somebody and are not used, and are not what names the record."""
    params = [name for name in (*unit.params.positional, *unit.params.kwonly) if name not in _NO_ACTORS]
    if len(params) < _MIN_PARAMETERS:
        return set()
    keys: set[str] = set()
    for operation in operations:
        if operation.key is not None:
            keys |= facts.reads(unit, operation.key).params
    return {
        name
        for name in params
        if name not in keys
        and not name.startswith("_")
        and not words(name) & _PROOFS
        and words(name) & _IDENTITIES
        and (not facts.is_used(unit, name) or words(name) & (ACTORS | {"role"}))
    }


def containers(facts: Facts, operation: Operation) -> frozenset[str]:
    """The names of what the operation is on."""
    reads = facts.reads(operation.unit, operation.base)
    return frozenset(reads.names | reads.attributes)


def notes_who(facts: Facts, operation: Operation) -> bool:
    """Whether a store puts down who somebody is in what it stores."""
    if operation.kind != "store" or operation.value is None:
        return False
    return any(words(name) & _IDENTITIES for name in facts.reads(operation.unit, operation.value).params)


def is_authorised(facts: Facts, subject: Subject, operation: Operation) -> bool:
    """Whether a declaration, or a test that can rule the operation out, decides who may do it."""
    unit = subject.unit
    if any(words(word) & AUTHORITY for word in facts.declarations(unit).words):
        return True
    here = containers(facts, operation)
    alike = [
        other.instr for other in subject.operations if other.kind == operation.kind and containers(facts, other) == here
    ]

    def decides(atom: Atom, reads: Reads) -> bool:
        return is_check(facts, atom, reads, subject.actors) and flaw(facts, atom) is None

    if facts.is_prevented(unit, operation.instr, alike, decides) or _is_asked(facts, subject, operation.instr):
        return True
    if operation.kind != "read":
        return False
    # A record is read to see whose it is, and handed out after that.
    returns = facts.returns_of(unit, operation.instr)
    return bool(returns) and every(
        facts.is_prevented(unit, instr, returns, decides) or _is_asked(facts, subject, instr) for instr in returns
    )


def _is_asked(facts: Facts, subject: Subject, instr: Instr) -> bool:
    """``policy.require(actor, "close", ticket)`` before an instruction: of another file, it raises where it must."""
    for step in facts.before(subject.unit, instr):
        if step.op not in ("call", "method") or facts.called(step):
            continue
        called = named_words(facts, subject.unit, step)
        if any(words(name) & REQUIRING_VERBS for name in called) and any(
            facts.reads(subject.unit, arg).params & subject.actors for arg in step.args[1:]
        ):
            return True
    return False


def is_check(facts: Facts, atom: Atom, reads: Reads, actors: frozenset[str]) -> bool:
    """Whether a test asks who somebody is or what they may do, and not only whether a name is given at all."""
    if not reads.params & actors and not any(words(word) & AUTHORITY for word in reads.words):
        return False
    return not _is_presence(facts, atom, reads)


def is_attempt(facts: Facts, atom: Atom, reads: Reads, actors: frozenset[str]) -> bool:
    """Whether a test was meant to be such a check, as far as can be told from what it reads."""
    meant = reads.params & actors or any(words(word) & _PRIVILEGES for word in reads.words)
    return bool(meant) and not _is_presence(facts, atom, reads)


def _is_presence(facts: Facts, atom: Atom, reads: Reads) -> bool:
    """``if user_id:``, ``role is None``: of a bare parameter, that says nothing about permission."""
    if reads.attributes or reads.keys or {n for n in reads.names if n not in BUILTINS}:
        return False
    return facts.is_existence_test(atom)


def flaw(facts: Facts, atom: Atom) -> str | None:
    """Why a test cannot decide what it should, or ``None``."""
    if atom.op in ("In", "NotIn"):
        allowed = facts.value(atom.unit, atom.operands[1])
        if allowed.consts and not allowed.objs and allowed.kind == STR:
            return "tests for a part of a text, so that a part of the name passes"
    if atom.op == "truth":
        value = facts.value(atom.unit, atom.operands[0])
        if value.objs and every(obj.kind in _STRONG_CALLABLES for obj in value.objs):
            return "tests a method that is not called, which is always true"
    return None
