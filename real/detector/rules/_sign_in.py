"""Requests of other sites that no form sends: answers of a login service (OAuth) and connections of WebSockets.

An OAuth callback takes a code from its address. Where no `state` that this browser was given is compared, a page of
another site sends a code of its own, and the victim goes on with the attacker's account (RFC 6749, section 10.12).
A browser sends cookies with the handshake of a WebSocket whatever page opens it (RFC 6455, section 10.2: Origin).
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.called_names import named_words
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Reads
from real.detector.analysis.witness import every
from real.detector.concepts.annotations import annotation_words
from real.detector.concepts.endpoints import app_of
from real.detector.concepts.secrets import place
from real.detector.ir.call_shapes import keywords_of
from real.detector.ir.definitions import definition, name_of, untested
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import last_names
from real.detector.models.kinds import Role
from real.detector.models.library import BUILTINS, LOG_METHODS, names
from real.detector.vocabulary import REQUEST_FIELDS, words

_ARGUMENTS = names("get_argument get_query_argument")
# How the exchange of the code is called: the request of RFC 6749, section 4.1.3, and functions of client libraries.
_EXCHANGES = names("post request fetch_token get_access_token")
_GRANT = "authorization_code"
_SECRET = "client_secret"
_PKCE = "code_verifier"
_COMPARING = last_names(Role.EQUALITY)
# Calls that look at a state and decide nothing.
_PLAIN = LOG_METHODS | BUILTINS | _COMPARING | {"encode", "decode", "strip", "lower", "get", "pop"}
_SOCKETS = names("WebSocket websocket ws")
_COOKIES = names("cookies session")
_ORIGINS = frozenset({"origin", "allowed_origins"})


def unbound_codes(facts: Facts) -> Iterator[Defect]:
    """OAuth callbacks that exchange a code without comparing the state."""
    exchanging = _EXCHANGES if _has_grant(facts) else _EXCHANGES - {"post", "request"}
    endpoints = {endpoint.unit for endpoint in app_of(facts).endpoints}
    for unit in facts.functions:
        codes = _readings(facts, unit, "code", unit in endpoints) + _whole_answers(facts, unit)
        if not codes:
            continue
        call = _exchange(facts, unit, codes, exchanging)
        if call is None or any(_PKCE in str(instr.extra) for instr in facts.instructions(unit)):
            continue
        if not _is_bound(facts, unit, call, _readings(facts, unit, "state", unit in endpoints)):
            yield Defect(call, f"{unit.name}() takes a code that another site may have sent: no state is compared")


def _whole_answers(facts: Facts, unit: Unit) -> list[Instr]:
    """``request.url``, in which an OAuth client finds the code itself: ``fetch_token(authorization_response=...)``."""
    return [
        instr
        for instr in facts.instructions(unit, "attr")
        if instr.extra == "url" and _is_request(definition(unit, instr.args[0]))
    ]


def _has_grant(facts: Facts) -> bool:
    """Whether the program itself sends what RFC 6749 asks for: the kind of the grant, or the secret of the client."""
    return any(
        (instr.op == "const" and instr.extra in (_GRANT, _SECRET)) or (instr.op == "member" and instr.extra == _SECRET)
        for unit, instr in facts.steps()
    )


def _readings(facts: Facts, unit: Unit, name: str, is_endpoint: bool) -> list[Instr]:
    """Where a function gets what the query of its address has under a name."""
    found = []
    for instr in facts.instructions(unit):
        if instr.op == "param" and is_endpoint and instr.extra == name:
            found.append(instr)
        elif instr.op in ("sub", "method") and len(instr.args) > 1 and name in facts.constants(unit, instr.args[1]):
            holder = untested(unit, instr.args[0])
            of_query = holder is not None and holder.op == "attr" and holder.extra in REQUEST_FIELDS
            if of_query or (instr.op == "method" and instr.extra[0] in _ARGUMENTS):
                found.append(instr)
    return found


def _exchange(facts: Facts, unit: Unit, codes: list[Instr], exchanging: frozenset[str]) -> Instr | None:
    for instr in facts.instructions(unit):
        if instr in codes or instr.op not in ("call", "method"):
            continue
        called = named_words(facts, unit, instr) | {callee.name for callee in facts.called(instr)}
        if not called & exchanging and not any(words(name) & {"exchange"} for name in called):
            continue
        if set(codes) & set(facts.definitions(unit, *instr.args[1:])):
            return instr
    return None


def _is_bound(facts: Facts, unit: Unit, call: Instr, states: list[Instr]) -> bool:
    """Whether, before the exchange, a state is compared with what the browser was given, on every way there."""
    for instr in facts.before(unit, call):
        if instr.op not in ("call", "method") or instr in states or facts.called(instr):
            continue
        if "state" in keywords_of(instr):
            return True  # OAuth2Session(client, state=session["state"]) compares it itself
        name = _name(facts, unit, instr)
        if name in _PLAIN:
            continue
        for arg in instr.args[1:]:
            made = definition(unit, arg)
            if made is not None and (made in states or _is_request(made)):
                return True  # what it does is not known: verify_state(request), signer.loads(state)
    if any(call in facts.before(unit, state) for state in states):
        return False

    def compares(atom: Atom, reads: Reads) -> bool:
        if atom.op == "Eq" and _is_true_of_nothing(facts, unit, call, atom):
            return False
        if atom.op in ("Eq", "In"):
            return not any(const in (None, "") for arg in atom.operands for const in facts.constants(atom.unit, arg))
        if atom.op == "call":
            return atom.sense is True and _name(facts, atom.unit, atom.instr) in _COMPARING
        return atom.op in ("truth", "IsNot") and bool(reads.names) and bool(reads.calls & {"pop", "get", "delete"})

    return any(facts.is_guarded(unit, call, [state.dst], compares) for state in states)


def _is_true_of_nothing(facts: Facts, unit: Unit, call: Instr, atom: Atom) -> bool:
    """``request.args.get("state") == session.get("state")`` where neither need be there, and no other test says so."""
    compared = [untested(atom.unit, operand) for operand in atom.operands]
    if not every(made is not None and _may_be_missing(facts, atom.unit, made) for made in compared):
        return False
    places = {place(facts, atom.unit, operand) for operand in atom.operands} - {None}
    return not any(
        place(facts, test.unit, test.instr.dst if test.op == "call" else test.operands[0]) in places
        for test in facts.controlling_tests(unit, call)
        if test.op == "call" or (test.op in ("truth", "IsNot") and test.operands)
    )


def _may_be_missing(facts: Facts, unit: Unit, made: Instr) -> bool:
    """A look-up that gives ``None`` where there is nothing: ``get(key)``, ``pop(key, None)``; a parameter so given."""
    if made.op == "param":
        return made.extra in facts.defaults(unit) and None in facts.defaults(unit)[str(made.extra)].constants
    if made.op != "method" or made.extra[0] not in ("get", "pop"):
        return False
    given = made.args[2:]
    return facts.constants(unit, given[0]) == {None} if given else made.extra[0] == "get"


def _is_request(made: Instr | None) -> bool:
    """The request: a parameter, or what frameworks call so."""
    return made is not None and made.op != "attr" and name_of(made) in ("request", "req")


def _name(facts: Facts, unit: Unit, instr: Instr) -> str:
    if instr.op == "method":
        return str(instr.extra[0])
    known = facts.library_names(unit, instr)
    made = definition(unit, instr.args[0])
    if known or made is None:
        return min(known, default="").rpartition(".")[2]
    return str(made.extra[1]) if made.op in ("builtin", "cell") else ""


def sockets_of_any_origin(facts: Facts) -> Iterator[Defect]:
    """``check_origin`` that always says yes, and WebSockets that know their user by a cookie and ask for no origin."""
    for unit in facts.functions:
        if unit.is_method and unit.name == "check_origin":
            returned = list(facts.instructions(unit, "return"))
            values = [facts.constants(unit, instr.args[0]) for instr in returned]
            if returned and every(value == {True} for value in values):
                yield Defect(returned[0], "check_origin() lets the pages of any site connect with the user's cookies")
    sockets = [(unit, found) for unit in facts.functions for found in _by_cookie(facts, unit)]
    if sockets and not _asks_for_origin(facts):
        unit, instr = sockets[0]
        yield Defect(instr, f"{unit.name}() knows the user by a cookie, and asks from no page where it comes from")


def _by_cookie(facts: Facts, unit: Unit) -> Iterator[Instr]:
    typed = set(annotation_words(unit, frozenset({"WebSocket"})))
    params = typed | (set(unit.params.positional) & _SOCKETS)
    if not params:
        return
    for instr in facts.instructions(unit, "attr"):
        if instr.extra in _COOKIES:
            made = untested(unit, instr.args[0])
            if made is not None and made.op == "param" and made.extra in params:
                yield instr
                return


def _asks_for_origin(facts: Facts) -> bool:
    """Whether something depends on the header or on a list of allowed origins, or a function of such a name is used."""
    named = (unit for unit in facts.functions if any("origin" in words(n) for n in (*unit.params.names, unit.name)))
    if any((unit.is_method or facts.call_sites(unit)) and not facts.does_nothing(unit) for unit in named):
        return True
    return any(
        step.op in ("sub", "method", "call", "compare", "build")
        and not facts.is_idle(unit, step)
        and any(_says_origin(unit, arg) for arg in step.args)
        for unit, step in facts.steps()
    )


def _says_origin(unit: Unit, operand: int) -> bool:
    made = definition(unit, operand)
    return made is not None and made.op == "const" and str(made.extra).lower() in _ORIGINS
