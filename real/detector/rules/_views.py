"""Views that change records: is there anything that says who asks, and is it compared with whose record it is?

A view is called by whoever knows its address, so that no parameter stands for a person: the session, the current user,
a token or a decorator does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from real.detector.facts import Facts
from real.detector.ir import Instr, Unit
from real.detector.library import names
from real.detector.rules._authorization import words
from real.detector.rules._definitions import root
from real.detector.rules._web import is_view

# Words in what a function reads that say who asks or what they may do.
_IDENTITY = names(
    """admin auth authenticate authenticated authorization authorize authorized identity jwt login oauth oauth2 owner
    permission permissions principal privilege require role roles staff superuser token tokens"""
)
_SESSIONS = names("session current_user g")
_USER_HOLDERS = names("request g session self.request current_user")
# Words in the address or the name of a view that is not for everybody.
_RESTRICTED = names("admin administrator administration superuser staff internal backoffice")
# Words in the names of views by which somebody becomes known, or that somebody unknown must be able to use.
_OPEN = names("login signin signup register logout signout reset forgot webhook callback activate confirm verify")
_LOOK_UPS = names("get get_or_404 get_object_or_404 first first_or_404 one filter filter_by get_object find_one")
_OWNERS = names("owner user username author creator created customer account")
_USER_LIBRARIES = ("django.contrib.auth", "flask_login", "flask_jwt_extended", "flask_httpauth", "fastapi.security")
_MAX_VALUES = 50
_CHANGING_SQL = ("delete ", "update ")
_REQUEST = "request"


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One change of a record that the request names; ``verb`` says what is done, for the message."""

    unit: Unit
    instr: Instr
    verb: str
    base: int | None = None  # the container, where it is one


def changes(facts: Facts, unit: Unit) -> Iterator[Change]:
    """The changes that a view makes to records which the request names."""
    for operation in facts.operations(unit):
        if operation.kind == "read" or operation.attribute is not None:
            continue
        key = operation.key
        if key is None or not facts.is_untrusted(facts.value(unit, key)) or _is_own(facts, unit, operation.base):
            continue
        yield Change(unit, operation.instr, "deletes" if operation.kind == "delete" else "changes", operation.base)
    for instr in facts.instructions(unit):
        if instr.op != "method":
            continue
        name = instr.extra[0]
        if name in ("delete", "save") and len(instr.args) == 1 and _is_looked_up(facts, unit, instr.args[0]):
            yield Change(unit, instr, "deletes" if name == "delete" else "changes")
        elif name == "execute" and len(instr.args) > 2 and _changes_rows(facts, unit, instr):
            yield Change(unit, instr, "changes")


def readings(facts: Facts, unit: Unit) -> Iterator[Change]:
    """The records that a view hands out by a key which the request names."""
    for operation in facts.operations(unit):
        if operation.kind != "read" or operation.key is None or _is_own(facts, unit, operation.base):
            continue
        if facts.is_untrusted(facts.value(unit, operation.key)):
            yield Change(unit, operation.instr, "hands out", operation.base)


def _is_own(facts: Facts, unit: Unit, operand: int) -> bool:
    """The session, or the request itself: not what others share."""
    reads = facts.reads(unit, operand)
    named = {name.rpartition(".")[2] for name in reads.names} | reads.params | reads.attributes
    return bool(named & {"session", _REQUEST, "g", "headers", "cookies", "form", "args", "environ"})


def _is_looked_up(facts: Facts, unit: Unit, operand: int) -> bool:
    for step in facts.definitions(unit, operand):
        called = {name.rpartition(".")[2] for name in facts.library_names(unit, step)} if step.op == "call" else set()
        called |= {str(step.extra[0])} if step.op == "method" else set()
        called |= _undefined_name(unit, step)
        if called & _LOOK_UPS and any(
            facts.is_untrusted(facts.value(unit, arg)) for arg in step.args[1:] if isinstance(arg, int)
        ):
            return True
    return False


def _undefined_name(unit: Unit, step: Instr) -> set[str]:
    made = unit.defs[root(unit, step.args[0])] if step.op == "call" else None
    return {str(made.extra[1])} if made is not None and made.op in ("builtin", "cell") else set()


def _changes_rows(facts: Facts, unit: Unit, instr: Instr) -> bool:
    texts = facts.pieces(unit, instr.args[1]).literals
    return bool(texts) and texts[0].lstrip().lower().startswith(_CHANGING_SQL)


def views(facts: Facts) -> list[Unit]:
    """The views of the program that are not there for people who are not known yet."""
    return [
        unit
        for unit in facts.functions
        if facts.is_exported(unit) and is_view(facts, unit) and not _words_of(facts, unit) & _OPEN
    ]


def is_restricted(facts: Facts, unit: Unit) -> bool:
    """Whether the address, the name or the method of a view says that it is not for everybody."""
    if _words_of(facts, unit) & _RESTRICTED:
        return True
    declared = facts.declarations(unit)
    return "DELETE" in declared.constants or "delete" in {call.rpartition(".")[2] for call in declared.calls}


def _words_of(facts: Facts, unit: Unit) -> frozenset[str]:
    routes = " ".join(str(const) for const in facts.declarations(unit).constants if isinstance(const, str))
    return words(unit.name) | words(routes.replace("/", "_").replace("-", "_"))


def knows_who(facts: Facts, unit: Unit) -> bool:
    """Whether anything in a view, its decorators, the defaults of its parameters or its helpers says who asks."""
    declared = facts.declarations(unit)
    found = set(declared.names | declared.calls | declared.attributes)
    for reads in facts.defaults(unit).values():
        found |= reads.words
    if any(words(name.rpartition(".")[2]) & _IDENTITY for name in found) or any("login" in name for name in found):
        return True
    if any(words(name) & _IDENTITY for name in unit.params.names):
        return True
    units = {unit, *(callee for instr in facts.instructions(unit) for callee in facts.called(instr))}
    return any(_says_who(facts, inner, instr) for inner in units for instr in facts.instructions(inner))


def _says_who(facts: Facts, unit: Unit, instr: Instr) -> bool:
    if instr.op in ("cell", "builtin", "import"):
        name = (str(instr.extra) if instr.op == "import" else str(instr.extra[1])).rpartition(".")[2]
        return name in _SESSIONS or bool(words(name) & _IDENTITY)
    if instr.op == "attr":
        name = str(instr.extra)
        if name in ("user", "session"):
            held = facts.reads(unit, instr.args[0])
            holders = held.params | held.attributes | {name.rpartition(".")[2] for name in held.names}
            return bool(holders & _USER_HOLDERS)
        return bool(words(name) & _IDENTITY)
    if instr.op in ("method", "call"):
        called = {str(instr.extra[0])} if instr.op == "method" else set()
        if any(words(name) & _IDENTITY for name in called):
            return True
    return instr.op == "const" and isinstance(instr.extra, str) and instr.extra.lower() in _CREDENTIAL_KEYS


# Headers and keys under which a client proves who it is.
_CREDENTIAL_KEYS = frozenset({"authorization", "x-api-key", "api_key", "api-key", "x-auth-token", "role"})


def compares_who(facts: Facts, unit: Unit) -> bool:
    """Whether a view lets anything depend on who asks, beyond that somebody does."""
    if any(words(word.rpartition(".")[2]) & _PRIVILEGES for word in facts.declarations(unit).words):
        return True
    units = {unit, *(callee for instr in facts.instructions(unit) for callee in facts.called(instr))}
    for inner in units:
        for instr in facts.instructions(inner):
            if instr.op == "compare" and instr.extra[0] in ("Eq", "NotEq", "Is", "IsNot", "In", "NotIn"):
                sides = [_is_who(facts, inner, arg) for arg in instr.args if isinstance(arg, int)]
                if any(sides) and not _asks_for_presence(facts, inner, instr):
                    return True
            elif instr.op in ("call", "method") and instr.extra is not None:
                passed = [arg for arg in instr.args[1:] if isinstance(arg, int)]
                if any(_is_who(facts, inner, arg) for arg in passed):
                    return True
            elif instr.op == "attr":
                if words(str(instr.extra)) & _PRIVILEGES:
                    return True
            elif instr.op == "sub" and _is_who(facts, inner, instr.args[1]):
                return True
    return False


_PRIVILEGES = names("admin role roles permission permissions owner staff superuser privilege can")


def _is_who(facts: Facts, unit: Unit, operand: int) -> bool:
    reads = facts.reads(unit, operand)
    named = {name.rpartition(".")[2] for name in reads.names}
    if named & {"current_user", "session"} or any(words(name) & _IDENTITY for name in reads.params | named):
        return True
    return bool(reads.attributes & {"user", "session"}) and bool(
        (named | reads.params | reads.attributes) & _USER_HOLDERS
    )


def _asks_for_presence(facts: Facts, unit: Unit, compare: Instr) -> bool:
    """``"user" in session``, ``session.get("user") is None``."""
    constants = [facts.constants(unit, arg) for arg in compare.args if isinstance(arg, int)]
    if compare.extra[0] in ("Is", "IsNot"):
        return True
    return any(
        side and (not any(side) or compare.extra[0] in ("In", "NotIn"))
        for side in constants[:1] + [side for side in constants[1:] if not any(side)]
    )


def has_owners(facts: Facts, unit: Unit, change: Change) -> bool:
    """Whether the records have a field that says whose they are; of a record that a model looked up, it is assumed."""
    if change.base is None:
        return True
    work = [facts.value(unit, change.base)]
    for value in work:  # grows while it is walked
        for obj in value.objs:
            if obj.kind != "dict":
                continue
            if any(isinstance(key, str) and words(key) & _OWNERS for key in obj.fields):
                return True
            if len(work) < _MAX_VALUES:
                work += [*obj.fields.values(), obj.elements]
    return False


def knows_of_users(facts: Facts) -> bool:
    """Whether the program imports what tells users apart."""
    return any(
        instr.op == "import" and str(instr.extra).startswith(_USER_LIBRARIES)
        for unit in facts.units
        for instr in facts.instructions(unit)
    )
