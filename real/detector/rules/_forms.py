"""What a link or a form of another site can make an endpoint do (CWE-352)."""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.concepts.effects import Effect
from real.detector.concepts.endpoints import ELSEWHERE, App, Endpoint
from real.detector.concepts.protection import makes_own_application
from real.detector.ir.definitions import root
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import calls_of, roots_of, tables
from real.detector.models.kinds import Kind, Role
from real.detector.models.library import names
from real.detector.rules._csrf_switches import is_not_switched_on
from real.detector.rules._forgery import has_same_site, needs_json

# What a form of another site can send: JSON, PUT and DELETE are asked for in advance (Fetch standard, CORS preflight).
_FORMS = names("form forms values data args POST")
_FORM_METHODS = names("get_body_argument get_argument post form")
_REDIRECTS = tuple(tables((Kind.REDIRECT,)).calls)


def is_by_link(facts: Facts, effect: Effect) -> bool:
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
    if takes_form(facts, unit):
        return True
    requests = {step.dst for step in facts.instructions(unit, "param") if step.extra == "request"}
    return any(
        any(root(unit, arg) in requests for arg in step.args[1:])
        and not any(name.startswith(ELSEWHERE) for name in facts.library_names(unit, step))
        for step in facts.instructions(unit, "call", "method")
    ) or any(
        step.op == "attr" and step.extra in ("POST", "FILES", "body", "method") for step in facts.instructions(unit)
    )


def is_reached_by_forms(facts: Facts, app: App, endpoint: Endpoint) -> bool:
    """Whether a form of another site is answered, as far as the program says how its application is protected."""
    if endpoint.elsewhere or "POST" not in endpoint.methods or has_same_site(facts) or needs_json(facts, endpoint):
        return False
    if endpoint.owner is None and not facts.shared(makes_own_application):
        return False  # what protects all endpoints may be where the application is made
    modules = (root.partition(".")[0] for root in roots_of(Role.CSRF_SWITCH))
    return not app.uses(*modules) or is_not_switched_on(facts)


def takes_form(facts: Facts, unit: Unit) -> bool:
    return _reads_form(facts, unit) or any(
        (instr.op == "method" and instr.extra[0] in _FORM_METHODS)
        or (instr.op in ("call", "method") and facts.library_names(unit, instr) & calls_of(Role.FORM_PARSER).keys())
        for instr in facts.instructions(unit)
    )


def _reads_form(facts: Facts, unit: Unit) -> bool:
    filled = frozenset(calls_of(Role.FORM_PARAMETER))  # ``name: str = Form()``
    return any(reads.names & filled for reads in facts.defaults(unit).values()) or any(
        instr.op == "attr" and instr.extra in _FORMS for instr in facts.instructions(unit)
    )
