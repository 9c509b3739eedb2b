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
- a test that reads the person's parameter and has an outcome that rules the operation out;
- a test of the session, the current user, a role, a permission or the owner of the record;
- a decorator or base class that requires a login, a role or a permission.

What does not: a test that the record exists or that a name was given at all, a test whose outcome the operation does
not depend on (`role or True`, `role == role`, the same operation on both branches; where the test was meant to decide,
CWE-863 is reported instead), logging who asked, mentioning a role in a comment or in a text.

It is reported where there is evidence that somebody in particular acts: a parameter that nothing in the function reads
or whose name says so, or another function of the program that does check before it touches the same container.

A function that is told who asks and reads that person at most to put them down (`note.updated_by = user`), and that
changes, deletes or hands out the record of another parameter, is reported as well; so is a method of an object that
keeps the person (`self.user`), where another method compares them with a record.

An endpoint of a web framework (Flask, FastAPI, Django, REST framework, aiohttp, tornado, bottle, Starlette, graphene;
functions, methods of classes, registered functions, generic views) is reported where it changes a record that the
request names (a container, a looked-up object, a statement, a document, a method that is called delete, update, approve
...), nothing in it or around it says who asks (session, current user, token, decorator, dependency, mixin, permission
class, hook), and that is no accident: its address or name says that it is for administrators, it deletes by DELETE, it
is declared open, or other endpoints of the program do ask. A login is enough here; CWE-863 asks whose the record is.
One that only hands out a record is reported where it is the odd one out: all others (three or more) of its class or its
router ask, and nothing in its name or address says that it is for everybody. Where two others (one of the same class)
ask, so is one that starts a program, or tells something shared to do something, by POST and the like or on a socket.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.effects import VERBS, effects
from real.detector.concepts.endpoints import app_of
from real.detector.concepts.hand_outs import hand_outs, hands_out_rows
from real.detector.concepts.identity import knows_of_users
from real.detector.concepts.known_endpoints import known_endpoints
from real.detector.rule import Rule
from real.detector.rules._authorization import containers, is_authorised, notes_who, subjects
from real.detector.rules._generic import missing
from real.detector.rules._odd_one_out import odd_ones
from real.detector.rules._services import unchecked
from real.detector.vocabulary import DELETING_VERBS, OPEN_WORDS, RESTRICTED_WORDS, SIGNING_IN_WORDS

_VERBS = {"store": "changes", "delete": "deletes", "read": "hands out"}


def _check(facts: Facts) -> Iterator[Defect]:
    yield from _endpoints(facts)
    yield from odd_ones(facts)
    for left in unchecked(facts):
        if not left.attempted:
            effect = left.effect
            message = f"{effect.unit.name}() {effect.verb} the record, whoever `{left.actor}` is"
            yield Defect(effect.instr, message, lacks_check=True)
    answering = {endpoint.unit for endpoint in app_of(facts).endpoints}
    found = [subject for subject in subjects(facts) if subject.unit not in answering]
    if not found:
        return
    guarded = {
        name
        for subject in found
        for operation in subject.operations
        if is_authorised(facts, subject, operation)
        for name in containers(facts, operation)
    }
    for subject in found:
        for operation in subject.operations:
            if not subject.actors and not guarded & containers(facts, operation):
                continue
            if not subject.actors and notes_who(facts, operation):
                continue  # a new record, with the name of whoever makes it
            if not is_authorised(facts, subject, operation):
                asks = f"whoever `{min(subject.actors)}` is" if subject.actors else "whoever asks"
                message = f"{subject.unit.name}() {_VERBS[operation.kind]} the record for {asks}"
                yield Defect(operation.instr, message, lacks_check=True)
                break  # one defect for each function: one check repairs it


def _endpoints(facts: Facts) -> Iterator[Defect]:
    """Endpoints that change what the request names, and nothing in them, or around them, says who asks."""
    found = list(known_endpoints(facts))
    others = any(who.level for _, who in found) or knows_of_users(facts)
    for endpoint, who in found:
        restricted = bool(endpoint.words & RESTRICTED_WORDS)
        if who.level or endpoint.words & (SIGNING_IN_WORDS if restricted else OPEN_WORDS):
            continue
        named = [effect for effect in effects(facts, who) if restricted or (effect.named and effect.verb != "creates")]
        if restricted:
            named += [effect for effect in hand_outs(facts, who) if effect.named]
        expected = restricted or others or who.open_declared or who.meant
        expected = expected or (
            (endpoint.methods == {"DELETE"} or endpoint.unit.name == "mutate" or bool(endpoint.words & DELETING_VERBS))
            and bool(named)
            and named[0].verb == "deletes"
        )
        if named and (expected or (endpoint.elsewhere and endpoint.words & VERBS.keys())):
            message = f"{endpoint.unit.name}() {named[0].verb} the record for whoever asks"
            yield Defect(named[0].instr, message, lacks_check=not who.open_declared)
        elif restricted and (rows := hands_out_rows(facts, endpoint.unit)) is not None:
            message = f"{endpoint.unit.name}() hands out the records to whoever asks"
            yield Defect(rows, message, lacks_check=not who.open_declared)
    for view, verb in missing(facts):
        message = f"{view.owner.unit.name} {verb} the record for whoever asks"
        yield Defect(view.place, message, lacks_check=not view.is_open)


RULE = Rule(
    cwe="CWE-862",
    title="Missing authorization",
    doc=__doc__ or "",
    fix="before the operation, test that the person who asks owns the record or has the role for it, and stop if not",
    numbers_are_harmless=False,
    tests_prove=False,
    check=_check,
    asks_for_checks=True,
    yields_to=frozenset({"CWE-863"}),
)
