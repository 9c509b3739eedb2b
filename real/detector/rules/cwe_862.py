"""CWE-862: Missing authorization (https://cwe.mitre.org/data/definitions/862.html)

What: a function changes, deletes or hands out a record that its caller names, and is told who asks, but nothing decides
whether that person may.

Why: whoever reaches the function can use it on the records of everybody.

The sensitive operation: a store into, a deletion from, or a returned reading of a container that outlives the function
(a global, an attribute, a parameter), at a key from outside. The check: a test that controls the operation, in the
function, in a helper that it calls, in all its callers or in a decorator, and that reads who asks: the parameter that
stands for the person, or the session, the current user, a role, a permission or an owner.

Bad:
    def delete_note(user_id, note_id):
        del NOTES[note_id]

Good:
    def delete_note(user_id, note_id):
        if NOTES[note_id]["owner"] != user_id:
            raise PermissionError(note_id)
        del NOTES[note_id]

What silences it:
- a test that reads the person's parameter and on which the operation depends;
- a test of the session, the current user, a role, a permission or the owner of the record;
- a decorator or base class that requires a login, a role or a permission.

What does not: a test that the record exists, a test whose outcome the operation does not depend on, logging who asked,
mentioning a role in a comment or in a text.

It is reported where there is evidence that somebody in particular acts: a parameter that nothing in the function reads
or whose name says so, or another function of the program that does check before it touches the same container.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from real.detector.atoms import Atom
from real.detector.facts import Facts
from real.detector.flows import Defect
from real.detector.ir import Unit
from real.detector.library import names
from real.detector.operations import Operation
from real.detector.rule import Rule
from real.detector.slices import Reads

# Words in the names of what says who asks, or what that person may do; weak evidence, used to recognise checks.
_AUTHORITY = names(
    """admin auth authenticated authentication authorise authorised authorize authorized can current_user identity login
    logged owner owners permission permissions permitted policy principal privilege privileges role roles scope scopes
    session staff superuser access allowed owns"""
)
# Words in the name of a parameter that say that it stands for the person who asks.
_ACTORS = names("actor acting caller current editor operator principal req requester requesting requestor role")
_NO_ACTORS = frozenset({"self", "cls", "args", "kwargs", "request", "event", "context", "session", "db", "conn"})
_MIN_PARAMETERS = 2
_VERBS = {"store": "changes", "delete": "deletes", "read": "hands out"}


def _check(facts: Facts) -> Iterator[Defect]:
    functions = [unit for unit in facts.functions if facts.is_exported(unit)]
    sensitive = {unit: _sensitive(facts, unit) for unit in functions}
    guarded = {
        name
        for unit, operations in sensitive.items()
        for operation in operations
        if _is_authorised(facts, unit, operation, set())
        for name in _containers(facts, operation)
    }
    for unit, operations in sensitive.items():
        actors = _actors(facts, unit, operations)
        for operation in operations:
            if not actors and not guarded & _containers(facts, operation):
                continue
            if not _is_authorised(facts, unit, operation, actors):
                asks = f"whoever `{min(actors)}` is" if actors else "whoever asks"
                yield Defect(operation.instr, f"{unit.name}() {_VERBS[operation.kind]} the record for {asks}")
                break  # one defect for each function: one check repairs it


def _sensitive(facts: Facts, unit: Unit) -> list[Operation]:
    """The operations on records that the outside names."""
    found = []
    for operation in facts.operations(unit):
        named = operation.key is not None and facts.is_untrusted(facts.value(unit, operation.key))
        if not named and not _is_keyed(facts, unit, operation.base):
            continue
        if operation.kind != "read" or facts.is_returned(unit, operation.instr):
            found.append(operation)
    return found


def _is_keyed(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a container is itself a record that was looked up by a key from outside."""
    return any(
        instr.op in ("sub", "method")
        and len(instr.args) > 1
        and (instr.op == "sub" or instr.extra[0] == "get")
        and facts.is_untrusted(facts.value(unit, instr.args[1]))
        for instr in facts.definitions(unit, operand)
    )


def _containers(facts: Facts, operation: Operation) -> set[str]:
    reads = facts.reads(operation.unit, operation.base)
    return reads.names | reads.attributes


def _actors(facts: Facts, unit: Unit, operations: list[Operation]) -> set[str]:
    """The parameters that stand for the person who asks."""
    params = [name for name in (*unit.params.positional, *unit.params.kwonly) if name not in _NO_ACTORS]
    if len(params) < _MIN_PARAMETERS:
        return set()
    keys: set[str] = set()
    for operation in operations:
        if operation.key is not None:
            keys |= facts.reads(unit, operation.key).params
    defaults = facts.defaults(unit)
    return {
        name
        for name in params
        if name not in keys
        and not name.startswith("_")
        and ((name not in defaults and not facts.is_used(unit, name)) or _words(name) & _ACTORS)
    }


def _is_authorised(facts: Facts, unit: Unit, operation: Operation, actors: set[str]) -> bool:
    if any(_words(word) & _AUTHORITY for word in facts.declarations(unit).words):
        return True

    def reads_authority(atom: Atom, reads: Reads) -> bool:
        del atom
        return bool(reads.params & actors) or any(_words(word) & _AUTHORITY for word in reads.words)

    return facts.is_controlled(unit, operation.instr, reads_authority)


def _words(name: str) -> frozenset[str]:
    """The words of an identifier, and the identifier itself, in lower case."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return frozenset((name.lower(), *(part.lower() for part in parts)))


RULE = Rule(
    cwe="CWE-862",
    title="Missing authorization",
    doc=__doc__ or "",
    fix="before the operation, test that the person who asks owns the record or has the role for it, and stop if not",
    numbers_are_harmless=False,
    tests_prove=False,
    check=_check,
)
