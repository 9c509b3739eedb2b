"""CWE-352: Cross-site request forgery (https://cwe.mitre.org/data/definitions/352.html)

What: a request changes something on the server, and nothing tests that the user meant to send it.

Why: a browser adds the cookies to every request, also to one that a page of somebody else made it send.

The sensitive operation: a store into, or a deletion from, a container that outlives the function, by what a request
holds; in a view with a session also save(), delete() and commit(); and reading a body as JSON whatever the request says
its type is, since a form of another site can send any text. The check: a test that reads a token, a nonce, the origin,
a header that browsers do not send by themselves, or the content type, and that can rule the operation out.

Bad:
    def change(request):
        EMAILS[request["body"]["user"]] = request["body"]["email"]

    @csrf_exempt
    def change(request):
        Profile.objects.filter(pk=request.user.pk).update(email=request.POST["email"])

Good:
    def change(request):
        if not hmac.compare_digest(request["headers"].get("X-CSRF-Token", ""), session_token()):
            raise PermissionError
        EMAILS[request["body"]["user"]] = request["body"]["email"]

What silences it:
- such a test, in the function, in a helper that it calls, in its callers or in a decorator;
- the protection of the framework: CSRFProtect(app), validate_on_submit(), CsrfViewMiddleware, csrf_protect;
- a request that is authorised by a header (Authorization, an API key) or a signature.

What does not: a test that the record exists, a test of the cookie or of the session, reading the token and not
comparing it, asking for POST instead of GET.

For endpoints of web frameworks it is reported only where the browser says who asks (a session, a cookie, a login that
is no bearer token): a change that a link makes (GET), whatever protects forms; and a change by POST where the endpoint
takes a form, or changes what is the user's own, and where the application is made in the program, which has no
protection and no SameSite cookie. Browsers ask before they send JSON, PUT or DELETE to another site. A Django view is
reported for POST only where the protection is switched off. Also reported: an OAuth
callback that exchanges a code before a state is compared on every way there, a WebSocket that knows its user by a
cookie and asks for no origin, check_origin() that always says yes, switches (WTF_CSRF_ENABLED, csrf = False,
xsrf_cookies, enforce_csrf() that does nothing) and credentials for pages of any origin (CORS).

Sources: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html,
https://flask-wtf.readthedocs.io/en/latest/csrf/, https://docs.djangoproject.com/en/stable/ref/csrf/,
https://flask.palletsprojects.com/en/stable/api/#flask.Request.get_json, CVE-2021-32677 (JSON of any content type),
https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html (the shape of an event)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.analysis.atoms import Atom
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Reads
from real.detector.concepts.endpoints import ELSEWHERE, App, Endpoint, app_of
from real.detector.ir.definitions import definition, is_loaded, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names, roots_of, tables
from real.detector.models.kinds import Kind, Role
from real.detector.models.library import names
from real.detector.rule import Rule
from real.detector.rules._csrf_switches import first, is_not_switched_on, named, switched_off
from real.detector.rules._effects import Effect, effects
from real.detector.rules._forgery import asks_for_method, has_same_site, is_ambient, needs_json
from real.detector.rules._sign_in import sockets_of_any_origin, unbound_codes
from real.detector.rules._views import OPEN
from real.detector.rules.principals import Principal, known_endpoints
from real.detector.vocabulary import CSRF_PROTECTIONS, words

# Words of what only a page of the same site, or a program with a key, can send.
_PROOFS = names(
    """csrf xsrf token tokens nonce origin referer referrer fetch authorization bearer api signature hmac captcha
    requested content mimetype content_type is_json validate_on_submit"""
)
# What a browser can send to another site, in a request that is a mapping: an API Gateway event, or one made by hand.
_PARTS = names("body form")
# What a form of another site can send: JSON, PUT and DELETE are asked for in advance (Fetch standard, CORS preflight).
_FORMS = names("form forms values data args POST")
_FORM_METHODS = names("get_body_argument get_body_arguments get_argument post form")
_PROTECTIONS = CSRF_PROTECTIONS | {name.lower() for name in last_names(Role.CSRF)}
_APPLICATIONS = last_names(Role.APPLICATION)
_ROUTERS = {api.partition("()")[0].rpartition(".")[2] for api in calls_of(Role.ROUTE) if "()" in api}
_EXEMPTIONS = last_names(Role.CSRF_EXEMPT)
_REDIRECTS = tuple(tables((Kind.REDIRECT,)).calls)


def _check(facts: Facts) -> Iterator[Defect]:
    yield from switched_off(facts)
    yield from unbound_codes(facts)
    yield from sockets_of_any_origin(facts)
    app = app_of(facts)
    protected = _is_protected(facts)
    endpoints = {endpoint.unit: (endpoint, who) for endpoint, who in known_endpoints(facts)}
    exempted = _exempted(facts)
    for unit in facts.functions:
        if not facts.is_open(unit) and unit not in endpoints:
            continue
        declared = facts.declarations(unit).last_words - _ROUTERS
        if declared & _EXEMPTIONS:
            if not _has_proof(facts, unit):
                yield Defect(first(facts, unit), f"{unit.name}() is exempted from the protection of the framework")
        elif (
            unit in endpoints
            and (defect := _endpoint(facts, app, *endpoints[unit], protected and not _is_of(unit, exempted)))
            is not None
        ):
            yield defect
        elif not protected and not any(words(word) & _PROOFS for word in declared):
            yield from _changes(facts, unit)


def _exempted(facts: Facts) -> frozenset[str]:
    """The names of blueprints that the protection of the application is told to leave alone: ``csrf.exempt(api)``."""
    found: set[str] = set()
    for unit in facts.units:
        for step in facts.instructions(unit):
            if step.op == "method" and step.extra[0] in _EXEMPTIONS and len(step.args) > 1:
                given = unit.defs[step.args[1]]
                if given is not None and given.op in ("assign", "cell"):
                    found.add(str(given.extra[1] if given.op == "cell" else given.extra or given.var))
    return frozenset(found)


def _is_of(unit: Unit, blueprints: frozenset[str]) -> bool:
    """Whether a view is registered with one of the blueprints."""
    calls = [found for found in getattr(unit.node, "decorator_list", ()) if isinstance(found, ast.Call)]
    receivers = [found.func.value for found in calls if isinstance(found.func, ast.Attribute)]
    return any(isinstance(found, ast.Name) and found.id in blueprints for found in receivers)


def _endpoint(facts: Facts, app: App, endpoint: Endpoint, who: Principal, protected: bool) -> Defect | None:
    """An endpoint that a link or a form of another site can make a browser use, with the user's own cookies."""
    if endpoint.words & OPEN or not is_ambient(facts, endpoint):
        return None
    unit = endpoint.unit
    done = [effect for effect in effects(facts, who) if not facts.is_prevented(unit, effect.instr, (), _is_proof)]
    lasting = [effect for effect in done if effect.verb != "creates"]
    linked = [effect for effect in lasting if not asks_for_method(facts, unit, effect.instr)]
    if not endpoint.methods:  # nothing is said: a view that takes what a link says
        linked = [effect for effect in linked if _is_by_link(facts, effect)]
    if linked and (
        endpoint.is_safe or (endpoint.owner is None and (not endpoint.methods or "GET" in endpoint.methods))
    ):
        return Defect(linked[0].instr, f"{unit.name}() {linked[0].verb} something when a link is followed")
    if protected or not _is_reached_by_forms(facts, app, endpoint):
        return None
    if not _takes_form(facts, unit):
        done = [effect for effect in done if effect.is_own]  # others are hit only where their records are guessed
    if not done:
        return None
    return Defect(done[0].instr, f"{unit.name}() {done[0].verb} something for any request that a browser sends")


def _is_by_link(facts: Facts, effect: Effect) -> bool:
    """What the query changes, or a change of the record in the address that needs no form and leads to another page."""
    if "GET" in facts.reads(effect.unit, effect.instr.dst).attributes:
        return True
    if not effect.named or (effect.verb != "deletes" and _may_take_form(facts, effect.unit)):
        return False
    return any(
        name in _REDIRECTS
        for instr in facts.instructions(effect.unit)
        for name in facts.library_names(effect.unit, instr)
    )


def _may_take_form(facts: Facts, unit: Unit) -> bool:
    """Whether a view reads what a form sends, or gives the request to somebody who may read it."""
    if _takes_form(facts, unit):
        return True
    requests = {step.dst for step in facts.instructions(unit) if step.op == "param" and step.extra == "request"}
    return any(
        any(root(unit, arg) in requests for arg in step.args[1:])
        and not any(name.startswith(ELSEWHERE) for name in facts.library_names(unit, step))
        for step in facts.instructions(unit)
        if step.op in ("call", "method")
    ) or any(
        step.op == "attr" and step.extra in ("POST", "FILES", "body", "method") for step in facts.instructions(unit)
    )


def _is_reached_by_forms(facts: Facts, app: App, endpoint: Endpoint) -> bool:
    """Whether a form of another site is answered, as far as the program says how its application is protected."""
    if endpoint.elsewhere or "POST" not in endpoint.methods or has_same_site(facts) or needs_json(facts, endpoint):
        return False
    if endpoint.owner is None and not _makes_application(facts, app):
        return False  # what protects all endpoints may be where the application is made
    modules = (root.partition(".")[0] for root in roots_of(Role.CSRF_SWITCH))
    return not app.uses(*modules) or is_not_switched_on(facts)


def _makes_application(facts: Facts, app: App) -> bool:
    if {name.rpartition(".")[2] for name in app.imports} & _APPLICATIONS:
        return True
    return any(  # flask.Flask(__name__)
        name.rpartition(".")[2] in _APPLICATIONS
        for unit in facts.units
        for instr in facts.instructions(unit)
        if instr.op in ("call", "method")
        for name in facts.library_names(unit, instr)
    )


def _takes_form(facts: Facts, unit: Unit) -> bool:
    return _reads_form(facts, unit) or any(
        (instr.op == "method" and instr.extra[0] in _FORM_METHODS)
        or (instr.op in ("call", "method") and facts.library_names(unit, instr) & calls_of(Role.FORM_PARSER).keys())
        for instr in facts.instructions(unit)
    )


def _changes(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """What a function does with a request that it is given as a mapping: an event, or a request made by hand."""
    for operation in facts.operations(unit):
        if operation.kind == "read":
            continue
        reads = Reads()
        for operand in (operation.base, operation.key, operation.value):
            if operand is not None:
                reads.update(facts.reads(unit, operand))
        if _is_sent(reads):
            if not facts.is_prevented(unit, operation.instr, (), _is_proof):
                yield Defect(operation.instr, f"{unit.name}() changes something for any request that a browser sends")
            return
    for site in facts.calls(*calls_of(Role.JSON_PARSER)):
        if (
            site.unit is unit
            and len(site.instr.args) > 1
            and facts.is_returned(unit, site.instr)
            and _is_sent(facts.reads(unit, site.instr.args[1]))
            and not facts.is_prevented(unit, site.instr, (), _is_proof)
        ):
            yield Defect(site.instr, "the body is read as JSON, whatever its content type")
            return


def _is_sent(reads: Reads) -> bool:
    """Whether something is made from a part of a request that is passed as a mapping."""
    return bool(reads.params) and bool(reads.keys & _PARTS)


def _reads_form(facts: Facts, unit: Unit) -> bool:
    filled = frozenset(calls_of(Role.FORM_PARAMETER))  # ``name: str = Form()``
    return any(reads.names & filled for reads in facts.defaults(unit).values()) or any(
        instr.op == "attr" and instr.extra in _FORMS for instr in facts.instructions(unit)
    )


def _is_proof(atom: Atom, reads: Reads) -> bool:
    del atom
    return any(words(word) & _PROOFS for word in reads.words)


def _has_proof(facts: Facts, unit: Unit) -> bool:
    """Whether the function tests a signature or the like, as a webhook does."""
    return any(
        _is_proof(atom, facts.atom_reads(atom))
        for instr in facts.instructions(unit)
        if instr.op == "branch" and not _decides_nothing(facts, unit, instr)
        for atom in facts.atoms(unit, instr.args[0])
    ) or any(words(named(instr)) & (_PROOFS | {"verify"}) for instr in facts.instructions(unit) if instr.op == "method")


def _decides_nothing(facts: Facts, unit: Unit, branch: Instr) -> bool:
    tested = definition(unit, branch.args[0])
    return tested is not None and facts.is_idle(unit, tested)


def _is_optional(facts: Facts, unit: Unit) -> bool:
    """``if token and token != session["csrf"]: abort(400)``: who sends no token passes."""
    for instr in facts.instructions(unit):
        if instr.op not in ("call", "return") or (instr.op == "call" and not _refuses(facts, unit, instr)):
            continue
        tests = [atom for atom in facts.controlling_tests(unit, instr) if atom.necessary]
        tested = {
            key
            for atom in tests
            if atom.op in ("NotEq", "call")
            for key in facts.atom_reads(atom).keys
            if isinstance(key, str) and words(key) & _PROOFS
        }
        given = [atom for atom in tests if atom.op in ("truth", "call") and atom.sense is True]
        if any(facts.reads(atom.unit, atom.instr.dst).keys & tested for atom in given):
            return True
    return False


def _refuses(facts: Facts, unit: Unit, instr: Instr) -> bool:
    return any(name.rpartition(".")[2] == "abort" for name in facts.library_names(unit, instr))


def _is_protected(facts: Facts) -> bool:
    before = [unit for unit in facts.functions if facts.declarations(unit).words & {"before_request", "middleware"}]
    return any(_has_proof(facts, unit) and not _is_optional(facts, unit) for unit in before) or any(
        instr.op in ("import", "attr", "method")
        and words(named(instr)) & _PROTECTIONS
        and (instr.op == "method" or _is_applied(facts, unit, instr))
        for unit in facts.units
        for instr in facts.instructions(unit)
    )


def _is_applied(facts: Facts, unit: Unit, named: Instr) -> bool:
    """Whether something is done with what is imported, or read from a module."""
    same = {named.dst}
    for instr in facts.instructions(unit):
        if same.isdisjoint(instr.args):
            continue
        if instr.op in ("assign", "copy", "pi"):
            same.add(instr.dst)
        elif instr.op != "setcell" or is_loaded(facts.units, instr):
            return True
    return False


RULE = Rule(
    cwe="CWE-352",
    title="Cross-site request forgery",
    doc=__doc__ or "",
    fix="compare a token from the request with that of the session and stop if they differ, or use the framework's own"
    " protection",
    numbers_are_harmless=False,
    tests_prove=False,
    check=_check,
    asks_for_checks=True,
    asks=(Role.CSRF_SWITCH, Role.CSRF_EXEMPT, Role.CORS, Role.JSON_PARSER),
)
