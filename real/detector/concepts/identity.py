"""Names by which views of web frameworks say who asks, and whom they are for.

A view is called by whoever knows its address, so that no parameter stands for a person: the session, the current user,
a token or a decorator does.
"""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.ir.call_shapes import keywords_of
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, modules_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import AUTHENTICATION_WORDS, CREDENTIAL_HEADERS, OWNERS, PERSONS, ROLE_WORDS, words

# What a function reads that says who asks or what they may do.
_IDENTITY = AUTHENTICATION_WORDS | ROLE_WORDS | {"authorize", "owner", "require"}
# What frameworks keep with a request (Starlette, Sanic).
SERVER_STATE = frozenset({"state", "ctx"})
_SESSIONS = names("session current_user")
_USER_HOLDERS = names("request g")
_MAX_VALUES = 50


def knows_who(facts: Facts, unit: Unit) -> bool:
    """Whether a parameter of a view, or anything in it or its helpers, says who asks."""
    defaults = facts.defaults(unit)
    given = (name for name in unit.params.names if name not in defaults or defaults[name].calls)
    if any(words(name) & _IDENTITY for name in given):
        return True
    units = {unit, *(callee for instr in facts.instructions(unit) for callee in facts.called(instr))}
    return any(says_who(facts, inner, instr) for inner in units for instr in facts.instructions(inner))


def says_who(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """Whether an instruction reads who asks: the session, the current user, a token, a signed cookie."""
    if instr.op in ("cell", "builtin", "import"):
        name = (str(instr.extra) if instr.op == "import" else str(instr.extra[1])).rpartition(".")[2]
        return name in _SESSIONS or bool(words(name) & _IDENTITY)
    if instr.op == "attr":
        return _is_person(facts, unit, instr)
    if instr.op == "call":
        called = facts.library_names(unit, instr)
        if "builtins.getattr" in called and len(instr.args) > 2:
            return any(_is_kept(facts, unit, str(name), instr.args[1]) for name in facts.constants(unit, instr.args[2]))
        return not called.isdisjoint(calls_of(Role.SESSION))
    if instr.op == "method":
        name = str(instr.extra[0])
        signed = name == "get_cookie" and "secret" in keywords_of(instr)
        return signed or name in _SIGNED_COOKIES or bool(words(name) & _IDENTITY) or _is_got_person(facts, unit, instr)
    return instr.op == "const" and isinstance(instr.extra, str) and instr.extra.lower() in _CREDENTIAL_KEYS


def _is_got_person(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """``g.get("user_id")`` of Flask and Quart."""
    if instr.extra[0] != "get" or len(instr.args) == 1 or "g" not in facts.reads(unit, instr.args[0]).last_names:
        return False
    return any(words(str(key)) & (PERSONS | _IDENTITY) for key in facts.constants(unit, instr.args[1]))


def _is_person(facts: Facts, unit: Unit, attribute: Instr) -> bool:
    """``request.user``, ``g.account``, ``flask.session``: an attribute that says who asks."""
    name = str(attribute.extra)
    if name not in ("user", "session") and not words(name) & PERSONS:
        return bool(words(name) & _IDENTITY)
    held = facts.reads(unit, attribute.args[0])
    named = held.last_names
    if name in ("user", "session"):
        return bool((held.params | held.attributes | named) & _USER_HOLDERS)
    return "g" in named or _is_kept(facts, unit, name, attribute.args[0])


def _is_kept(facts: Facts, unit: Unit, name: str, holder: int) -> bool:
    """``request.state.user_id``: what middleware puts down of the person who asks, and no client can write."""
    return bool(words(name) & PERSONS and facts.reads(unit, holder).attributes & SERVER_STATE)


# Methods of tornado and Django that read a cookie which the server has signed.
_SIGNED_COOKIES = frozenset({"get_secure_cookie", "get_signed_cookie"})
# Headers and keys under which a client proves who it is.
_CREDENTIAL_KEYS = CREDENTIAL_HEADERS | {"api_key", "role"}


def asks_for_presence(facts: Facts, unit: Unit, compare: Instr) -> bool:
    """``"user" in session``, ``session.get("user") is None``."""
    constants = [facts.constants(unit, arg) for arg in compare.args]
    if compare.extra[0] in ("Is", "IsNot") or facts.asks_existence(unit, compare):
        return True
    return any(
        side and (not any(side) or compare.extra[0] in ("In", "NotIn"))
        for side in constants[:1] + [side for side in constants[1:] if not any(side)]
    )


def has_owners(facts: Facts, unit: Unit, base: int) -> bool:
    """Whether the records of a container have a field that says whose they are."""
    work = [facts.value(unit, base)]
    for value in work:  # grows while it is walked
        for obj in value.objs:
            if obj.kind != "dict":
                continue
            if any(isinstance(key, str) and words(key) & OWNERS for key in obj.fields):
                return True
            if len(work) < _MAX_VALUES:
                work += [*obj.fields.values(), obj.elements]
    return False


def knows_of_users(facts: Facts) -> bool:
    """Whether the program imports what tells users apart."""
    return any(
        instr.op == "import" and str(instr.extra).startswith(tuple(modules_of(Role.USERS)))
        for unit, instr in facts.steps()
    )
