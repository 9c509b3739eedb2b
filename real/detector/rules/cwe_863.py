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

In endpoints of web frameworks also: a login is asked for, but the record that the request names is changed or handed
out with no comparison of its owner and the person who is logged in (CWE-639), where the program or the names of the
record say that such records are somebody's; who asks is compared with what the same request says; a role is read from
the body, a header or a cookie. Anywhere: `is_authenticated or owner == user` (one login passes),
has_object_permission() that relates nothing of the object to the user, a test_func()
or a permission class named for a role that asks for a login only.

Gates (hooks, middleware, dependencies, permission classes): a part of the path decides, one of the methods that change
something is asked for and the others pass, a role is put down from what the client says. Answers: a function that says
whether somebody may do something leaves out what it is about, is content with one of the permissions that are needed,
or says yes in the handler of its own failure.

Sources: https://flask-login.readthedocs.io, https://docs.djangoproject.com/en/stable/topics/auth/default/,
https://docs.python.org/3/reference/expressions.html#boolean-operations
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.decisions import decides_or_asks
from real.detector.concepts.effects import Effect, effects
from real.detector.concepts.endpoints import Endpoint, app_of
from real.detector.concepts.hand_outs import hand_outs
from real.detector.concepts.identity import has_owners
from real.detector.concepts.known_endpoints import known_endpoints
from real.detector.concepts.owners import owner_words
from real.detector.concepts.principals import SOMEBODY
from real.detector.concepts.receivers import is_database_session
from real.detector.ir.instructions import Instr
from real.detector.rule import Rule
from real.detector.rules._answers import wrong_answers
from real.detector.rules._authorization import Subject, flaw, is_attempt, is_authorised, subjects
from real.detector.rules._checks import compared_with_client, refusals, thrown_away, told_by_argument, told_by_client
from real.detector.rules._gates import weak_gates
from real.detector.rules._generic import incorrect, object_permissions, weak_tests
from real.detector.rules._services import unchecked
from real.detector.rules._weak_or import weak_or
from real.detector.vocabulary import (
    AUTHORED_WORDS,
    OPEN_WORDS,
    PERMISSION_VERBS,
    PRIVATE_WORDS,
    PUBLIC_WORDS,
    PUBLISHED_WORDS,
    SOMEBODYS_WORDS,
    words,
)


def _check(facts: Facts) -> Iterator[Defect]:
    yield from _endpoints(facts)
    for found in unchecked(facts):
        if found.attempted:
            place = found.effect.instr
            yield Defect(place, f"the check in {found.effect.unit.name}() comes after what it should decide")
    yield from weak_gates(facts)
    yield from wrong_answers(facts)
    for unit in facts.functions:
        yield from weak_or(facts, unit)
    answering = {endpoint.unit for endpoint in app_of(facts).endpoints}
    for unit in facts.functions:
        if unit not in answering and facts.is_open(unit):
            yield from told_by_argument(facts, unit)
    for subject in subjects(facts):
        if subject.unit in answering:
            continue
        for operation in subject.operations:
            if is_authorised(facts, subject, operation):
                continue
            why = _attempt(facts, subject, operation.instr)
            if why is not None:
                yield Defect(operation.instr, f"the check in {subject.unit.name}() {why}")
                break


def _endpoints(facts: Facts) -> Iterator[Defect]:
    """Endpoints whose check asks for too little: a login only, or what the client says of itself."""
    for endpoint, who in known_endpoints(facts):
        unit = endpoint.unit
        done = list(effects(facts, who))
        handed = list(hand_outs(facts, who))
        places = [effect.instr for effect in (*done, *handed)] + list(refusals(facts, unit))
        told = list(told_by_client(facts, who, places))
        told += compared_with_client(facts, who, [*done, *handed]) if not told and who.level else []
        told += thrown_away(facts, who) if not told else []
        if told:
            yield told[0]
        elif who.level == SOMEBODY and not endpoint.words & OPEN_WORDS:
            named = [
                effect for effect in (*done, *handed) if effect.named and not effect.is_own and effect.verb != "creates"
            ]
            if (
                named
                and not decides_or_asks(facts, unit, who, _lasting(facts, named[0]))
                and _is_personal(facts, endpoint, named[0])
            ):
                message = f"{unit.name}() asks who is there, but {named[0].verb} the record of anybody"
                yield Defect(named[0].instr, message, lacks_check=True)
    for view in incorrect(facts):
        message = f"{view.owner.unit.name} asks who is there, but {view.verb} the record of anybody"
        yield Defect(view.place, message, lacks_check=True)
    for unit, place in object_permissions(facts):
        yield Defect(place, f"{unit.name}() does not compare whose the record is with who asks")
    for unit, place in weak_tests(facts):
        yield Defect(place, f"{unit.name}() asks only whether somebody is logged in")


def _lasting(facts: Facts, effect: Effect) -> Instr | None:
    """Where a change can no longer be taken back: the commit after it, or the call that changes something itself."""
    unit = effect.unit
    methods = facts.instructions(unit, "method")
    commits = [
        step for step in methods if step.extra[0] in ("commit", "save") and effect.instr in facts.before(unit, step)
    ]
    if commits:
        return commits[0]
    receiver = effect.instr.args[0] if effect.instr.op == "method" and effect.verb != "hands out" else None
    return effect.instr if receiver is not None and not is_database_session(facts, unit, receiver) else None


def _is_personal(facts: Facts, endpoint: Endpoint, effect: Effect) -> bool:
    """Whether such records are somebody's: the program stores or compares owners, or the names of the record say so.

    What is deleted is gone for everybody, so that being known is no permission, whatever it is.
    """
    if effect.base is not None and any(obj.kind == "dict" for obj in facts.value(effect.unit, effect.base).objs):
        return has_owners(facts, effect.unit, effect.base)
    if effect.verb == "deletes":
        return True
    if effect.verb == "hands out" and endpoint.words & PUBLIC_WORDS:
        return False
    reads = facts.reads(effect.unit, effect.instr.dst)
    for arg in effect.instr.args:
        reads.update(facts.reads(effect.unit, arg))
    said = {*reads.words, str(effect.instr.extra), *(text for text in reads.constants if isinstance(text, str))}
    kept = {word for name in said for word in words(name)}
    named = {*endpoint.words, *kept}
    if named & SOMEBODYS_WORDS or kept & PRIVATE_WORDS or (effect.verb != "hands out" and named & AUTHORED_WORDS):
        return True
    return facts.shared(owner_words) and not (effect.verb == "hands out" and named & PUBLISHED_WORDS)


def _attempt(facts: Facts, subject: Subject, operation: Instr) -> str | None:
    """What is wrong with the check that the function makes; ``None`` if it makes none."""
    unit = subject.unit
    found: str | None = None
    for instr in facts.instructions(unit):
        if instr.op == "branch":
            for atom in facts.atoms(unit, instr.args[0]):
                reads = facts.atom_reads(atom)
                if is_attempt(facts, atom, reads, subject.actors):
                    found = found or flaw(facts, atom) or "does not decide whether this happens"
        elif instr.op == "compare" and facts.reads(unit, instr.dst).params & subject.actors:
            found = found or "does not decide whether this happens"
        elif instr.op in ("call", "method") and instr is not operation:
            asks = any(words(callee.name) & PERMISSION_VERBS for callee in facts.called(instr) if callee.returns)
            if asks and facts.reads(unit, instr.dst).params & subject.actors:
                found = found or "is called, but what it returns is not used"
    return found


RULE = Rule(
    cwe="CWE-863",
    title="Incorrect authorization",
    doc=__doc__ or "",
    fix="let the test decide: raise or return where it fails, before the operation, by what the server itself knows",
    numbers_are_harmless=False,
    tests_prove=False,
    check=_check,
    asks_for_checks=True,
)
