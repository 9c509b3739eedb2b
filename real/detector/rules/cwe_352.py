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

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.slices import Reads
from real.detector.concepts.effects import effects
from real.detector.concepts.endpoints import App, Endpoint, app_of
from real.detector.concepts.known_endpoints import known_endpoints
from real.detector.concepts.principals import Principal
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.rule import Rule
from real.detector.rules._csrf_proofs import PROOFS, has_proof, is_proof, is_protected
from real.detector.rules._csrf_switches import first, switched_off
from real.detector.rules._forgery import asks_for_method, is_ambient
from real.detector.rules._forms import is_by_link, is_reached_by_forms, takes_form
from real.detector.rules._sign_in import sockets_of_any_origin, unbound_codes
from real.detector.vocabulary import OPEN_WORDS, words

# What a browser can send to another site, in a request that is a mapping: an API Gateway event, or one made by hand.
_PARTS = names("body form")
_ROUTERS = {api.partition("()")[0].rpartition(".")[2] for api in calls_of(Role.ROUTE) if "()" in api}
_EXEMPTIONS = last_names(Role.CSRF_EXEMPT)


def _check(facts: Facts) -> Iterator[Defect]:
    yield from switched_off(facts)
    yield from unbound_codes(facts)
    yield from sockets_of_any_origin(facts)
    app = app_of(facts)
    protected = is_protected(facts)
    endpoints = {endpoint.unit: (endpoint, who) for endpoint, who in known_endpoints(facts)}
    exempted = _exempted(facts)
    handling = {unit.parent for unit in endpoints if unit.is_method}
    for unit in facts.functions:
        if not facts.is_open(unit) and unit not in endpoints:
            continue
        declared = facts.declarations(unit).last_words - _ROUTERS
        if declared & _EXEMPTIONS:
            if unit.is_method and unit not in endpoints and unit.parent in handling:
                continue  # a helper of the view, which only its handlers call
            if not has_proof(facts, unit):
                yield Defect(first(facts, unit), f"{unit.name}() is exempted from the protection of the framework")
        elif (
            unit in endpoints
            and (defect := _endpoint(facts, app, *endpoints[unit], protected and not _is_of(unit, exempted)))
            is not None
        ):
            yield defect
        elif not protected and not any(words(word) & PROOFS for word in declared):
            yield from _changes(facts, unit)


def _exempted(facts: Facts) -> frozenset[str]:
    """The names of blueprints that the protection of the application is told to leave alone: ``csrf.exempt(api)``."""
    found: set[str] = set()
    for unit, step in facts.steps("method"):
        if step.extra[0] in _EXEMPTIONS and len(step.args) > 1:
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
    if endpoint.words & OPEN_WORDS or not is_ambient(facts, endpoint):
        return None
    unit = endpoint.unit
    done = [effect for effect in effects(facts, who) if not facts.is_prevented(unit, effect.instr, (), is_proof)]
    lasting = [effect for effect in done if effect.verb != "creates"]
    linked = [effect for effect in lasting if not asks_for_method(facts, unit, effect.instr)]
    if not endpoint.methods:  # nothing is said: a view that takes what a link says
        linked = [effect for effect in linked if is_by_link(facts, effect)]
    if linked and (
        endpoint.is_safe or (endpoint.owner is None and (not endpoint.methods or "GET" in endpoint.methods))
    ):
        return Defect(linked[0].instr, f"{unit.name}() {linked[0].verb} something when a link is followed")
    if protected or not is_reached_by_forms(facts, app, endpoint):
        return None
    if not takes_form(facts, unit):
        done = [effect for effect in done if effect.is_own]  # others are hit only where their records are guessed
    if not done:
        return None
    message = f"{unit.name}() {done[0].verb} something for any request that a browser sends"
    return Defect(done[0].instr, message, lacks_check=True)


def _changes(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """What a function does with a request that it is given as a mapping: an event, or a request made by hand."""
    for operation in facts.operations(unit):
        if operation.kind == "read" or (operation.attribute is not None and _is_self(unit, operation.base)):
            continue  # ``self.form = ...``: an object that may live as long as the request
        reads = Reads()
        for operand in (operation.base, operation.key, operation.value):
            if operand is not None:
                reads.update(facts.reads(unit, operand))
        if _is_sent(reads):
            if not facts.is_prevented(unit, operation.instr, (), is_proof):
                yield Defect(operation.instr, f"{unit.name}() changes something for any request that a browser sends")
            return
    for site in facts.calls(*calls_of(Role.JSON_PARSER)):
        if (
            site.unit is unit
            and len(site.instr.args) > 1
            and facts.is_returned(unit, site.instr)
            and _is_sent(facts.reads(unit, site.instr.args[1]))
            and not facts.is_prevented(unit, site.instr, (), is_proof)
        ):
            yield Defect(site.instr, "the body is read as JSON, whatever its content type")
            return


def _is_self(unit: Unit, operand: int) -> bool:
    made = definition(unit, operand)
    return unit.is_method and made is not None and made.op == "param" and made.extra == unit.params.positional[0]


def _is_sent(reads: Reads) -> bool:
    """Whether something is made from a part of a request that is passed as a mapping."""
    return bool(reads.params) and bool(reads.keys & _PARTS)


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
