"""What CWE-352 asks of an endpoint: does the browser say by itself who asks, and can a page of another site send this?

A page of another site can make a browser follow a link (GET) and send a form (POST of forms, texts or nothing); it
cannot send JSON, PUT, PATCH or DELETE without being asked first (Fetch standard, CORS preflight).
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.concepts.annotations import annotation_words
from real.detector.concepts.endpoints import App, Endpoint, app_of
from real.detector.concepts.receivers import is_database_session
from real.detector.ir.call_shapes import keywords_of, named_operands
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names, modules_of
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.vocabulary import BROWSER_WORDS, CREDENTIAL_HEADERS

# What makes a browser send something that identifies the user.
AMBIENT = (
    BROWSER_WORDS
    | last_names(Role.LOGIN, Role.SESSION)
    | {*("SessionAuthentication", "SimpleCookie", "UserPassesTestMixin")}
)
# What identifies a client that no browser sends by itself.
_BEARER = names(
    """HTTPBearer OAuth2PasswordBearer APIKeyHeader HTTPBasic TokenAuthentication JWTAuthentication jwt_required
    verify_jwt_in_request HTTPTokenAuth authorization bearer"""
)
_BEARER_LIBRARIES = (*modules_of(Role.BEARER), *calls_of(Role.BEARER))
_JSON = names("json get_json json_body")
_SETTING = "SESSION_COOKIE_SAMESITE"


def around(facts: Facts, app: App, endpoint: Endpoint) -> Iterator[Unit]:
    """The endpoint, its decorators, its dependencies, the functions that it calls and those before every request."""
    seen: dict[Unit, None] = {endpoint.unit: None}
    for unit in app.decorators.get(endpoint.unit, ()):
        seen.update(dict.fromkeys(app.within(unit)))
    for own in app.dependencies.get(endpoint.unit, {}).values():
        seen.update(dict.fromkeys(own))
    for found in annotation_words(endpoint.unit, last_names(Role.INJECTION)).values():
        for name in found:
            seen.update(dict.fromkeys(app.functions.get(name, ())))
    if endpoint.owner is not None:
        for name in ("prepare", "dispatch", "get_current_user", "initial"):
            method = endpoint.owner.method(name)
            if method is not None:
                seen[method] = None
    for unit in facts.functions:
        if "before_request" in facts.declarations(unit).words:
            seen[unit] = None
    for instr in list(facts.instructions(endpoint.unit)):
        seen.update(dict.fromkeys(facts.called(instr)))
    yield from seen


def is_ambient(facts: Facts, endpoint: Endpoint) -> bool:
    """Whether the browser itself says who asks: a cookie or a session, and no header that a page must set."""
    app = app_of(facts)
    declared = facts.declarations(endpoint.unit).words
    last = {word.rpartition(".")[2] for word in declared}
    if endpoint.owner is not None:
        for name in ("decorators", "authentication_classes", "method_decorators"):
            member = endpoint.owner.member(name)
            if member is not None:
                last |= facts.reads(*member).last_words
    found = bool(last & AMBIENT) or any("login" in word for word in last) or _has_cookie_parameter(facts, endpoint.unit)
    if last & _BEARER:
        return False
    for unit in around(facts, app, endpoint):
        for instr in facts.instructions(unit):
            if (
                instr.op == "const"
                and isinstance(instr.extra, str)
                and instr.extra.lower() in (CREDENTIAL_HEADERS | {"bearer", "bearer "})
            ):
                return False
            name = _named(instr)
            if name in _BEARER:
                return False
            if name in AMBIENT and not (_is_session(instr, name) and is_database_session(facts, unit, instr.dst)):
                found = True
    return found and not app.uses(*_BEARER_LIBRARIES)


def _is_session(instr: Instr, name: str) -> bool:
    return instr.op == "attr" and name == "session"


def _has_cookie_parameter(facts: Facts, unit: Unit) -> bool:
    filled = calls_of(Role.COOKIE_PARAMETER).keys()
    return any(reads.names & filled for reads in facts.defaults(unit).values()) or bool(
        annotation_words(unit, last_names(Role.COOKIE_PARAMETER))
    )


def _named(instr: Instr) -> str:
    if instr.op in ("cell", "builtin"):
        return str(instr.extra[1])
    if instr.op == "method":
        return str(instr.extra[0])
    if instr.op in ("attr", "import"):
        return str(instr.extra).rpartition(".")[2]
    return ""


def needs_json(facts: Facts, endpoint: Endpoint) -> bool:
    """Whether the endpoint takes JSON and nothing else, which no form can send."""
    unit = endpoint.unit
    for instr in facts.instructions(unit):
        if instr.op == "attr" and instr.extra in _JSON:
            return True
        if instr.op == "method" and instr.extra[0] in _JSON:
            if any("response" in name.split(".") for name in facts.library_names(unit, instr)):
                continue
            return "force" not in keywords_of(instr)
    models = {cls.unit.name for cls in app_of(facts).classes.values() if "BaseModel" in cls.bases}
    if any(
        found & (models | last_names(Role.JSON_PARAMETER)) for found in annotation_words(unit, frozenset()).values()
    ):
        return True
    return any(reads.names & calls_of(Role.JSON_PARAMETER).keys() for reads in facts.defaults(unit).values())


def has_same_site(facts: Facts) -> bool:
    """Whether the session's cookie is not sent with requests of other sites; Starlette's is not unless it is told."""
    app = app_of(facts)
    if app.uses(*modules_of(Role.SAME_SITE_SESSIONS)):
        return not any(
            instr.op == "const" and str(instr.extra).lower() == "none" and isinstance(instr.extra, str)
            for unit, instr in facts.steps()
        )
    return any(str(value).lower() in ("lax", "strict") for _, _, name, value in settings(facts) if name == _SETTING)


def settings(facts: Facts) -> Iterator[tuple[Unit, Instr, str, object]]:
    """Settings of the application with constant values: ``app.config[name] = v``, ``update(name=v)``, class members,
    and names of a module."""
    for unit, instr in facts.steps():
        if instr.op == "setsub":
            for name in facts.constants(unit, instr.args[1]):
                for value in facts.constants(unit, instr.args[2]):
                    yield unit, instr, str(name), value
        elif instr.op in ("method", "call"):
            for name, operand in reversed(named_operands(instr)):
                if name and name.isupper():
                    for value in facts.constants(unit, operand):
                        yield unit, instr, name, value
        elif instr.op == "setmember" or (instr.op in ("assign", "setcell") and unit.kind == "module"):
            member = instr.extra[1] if instr.op == "setcell" else instr.extra
            if isinstance(member, str) and member.isupper():
                for value in facts.constants(unit, instr.args[0]):
                    yield unit, instr, member, value


def asks_for_method(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """Whether a test of the request's method, or of a form that was sent, controls an instruction."""
    for atom in facts.controlling_tests(unit, instr):
        reads = facts.atom_reads(atom)
        if "method" in reads.attributes or reads.calls & {"validate_on_submit", "is_submitted"}:
            return True
        if "POST" in reads.attributes or "form" in reads.attributes or "POST" in reads.constants:
            return True
    reads = facts.reads(unit, instr.dst)
    return bool(reads.attributes & {"POST", "form", "forms"})
