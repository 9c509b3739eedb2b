"""CWE-863: Incorrect authorization (https://cwe.mitre.org/data/definitions/863.html)

What: a function tests who asks or what they may do, but the test does not decide whether the record is changed, deleted
or handed out, or it decides it by something that the client says about itself.

Why: the check looks as if it were there, so that nobody misses it, and everybody passes.

The sensitive operation is that of CWE-862. An attempted check is a test of a role, a permission, an owner or of the
parameter that stands for the person who asks; it is correct if one of its outcomes rules the operation out.

Bad:
    if role == "admin" or "owner":  # the text "owner" is always true
        del NOTES[note_id]

    is_owner(user_id, note_id)  # what it returns is thrown away
    del NOTES[note_id]

    if request.args.get("role") == "admin":  # the client may write what it likes
        NOTES.pop(request.args["id"])

Good:
    if session["role"] not in ("admin", "owner"):
        raise PermissionError(note_id)
    del NOTES[note_id]

What silences it:
- a test whose other outcome leaves the function, or leads past the operation;
- a role from the session, the token or the program's own records instead of the request.

What does not: a test after the operation, a test whose outcome is thrown away, a test that only logs, the same
operation on both branches, `or` with a constant, a part of a text (`role in "admin"`), a method that is not called
(`if user.is_admin:` where it is a method of the program).

In views of web frameworks also: a login is asked for, but the record that the request names is changed or handed out
with no comparison of its owner and the person who is logged in (CWE-639).

Sources: https://flask-login.readthedocs.io, https://docs.djangoproject.com/en/stable/topics/auth/default/,
https://docs.python.org/3/reference/expressions.html#boolean-operations
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.facts import Facts
from real.detector.flows import Defect
from real.detector.ir import Instr
from real.detector.rule import Rule
from real.detector.rules._authorization import Subject, flaw, is_attempt, is_authorised, subjects, words
from real.detector.rules._views import changes, compares_who, has_owners, knows_who, readings, views
from real.detector.slices import Reads

_ASKING = frozenset({"is", "has", "can", "may", "check", "require", "verify", "ensure", "owns", "allowed", "authorize"})


def _check(facts: Facts) -> Iterator[Defect]:
    yield from _views(facts)
    for subject in subjects(facts):
        for operation in subject.operations:
            if is_authorised(facts, subject, operation):
                continue
            why = _attempt(facts, subject, operation.instr)
            if why is not None:
                yield Defect(operation.instr, f"the check in {subject.unit.name}() {why}")
                break


def _views(facts: Facts) -> Iterator[Defect]:
    """Views that ask for a login, and then use the record of whomever the request names."""
    for unit in views(facts):
        if not knows_who(facts, unit) or compares_who(facts, unit):
            continue
        done = [c for c in (*changes(facts, unit), *readings(facts, unit)) if has_owners(facts, unit, c)]
        if done:
            message = f"{unit.name}() asks who is there, but {done[0].verb} the record of anybody"
            yield Defect(done[0].instr, message)


def _attempt(facts: Facts, subject: Subject, operation: Instr) -> str | None:
    """What is wrong with the check that the function makes; ``None`` if it makes none."""
    unit = subject.unit
    found: str | None = None
    for instr in facts.instructions(unit):
        if instr.op == "branch":
            for atom in facts.atoms(unit, instr.args[0]):
                reads = facts.atom_reads(atom)
                if is_attempt(facts, atom, reads, subject.actors):
                    found = found or flaw(facts, atom, reads) or "does not decide whether this happens"
        elif instr.op == "compare" and _is_attempt(facts.reads(unit, instr.dst), subject):
            found = found or "does not decide whether this happens"
        elif instr.op in ("call", "method") and instr is not operation:
            asks = any(words(callee.name) & _ASKING for callee in facts.called(instr) if callee.returns)
            if asks and _is_attempt(facts.reads(unit, instr.dst), subject):
                found = found or "is called, but what it returns is not used"
    return found


def _is_attempt(reads: Reads, subject: Subject) -> bool:
    return bool(reads.params & subject.actors)


RULE = Rule(
    cwe="CWE-863",
    title="Incorrect authorization",
    doc=__doc__ or "",
    fix="let the test decide: raise or return where it fails, before the operation, by what the server itself knows",
    numbers_are_harmless=False,
    tests_prove=False,
    check=_check,
)
