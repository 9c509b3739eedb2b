"""Protection against forged requests that a program switches off: settings, forms, exemptions, any origin (CWE-352)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.endpoints import app_of
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names, settings_of
from real.detector.models.kinds import Role
from real.detector.rules._forgery import settings
from real.detector.vocabulary import OPEN_WORDS, words

_SWITCHES = settings_of(Role.CSRF_SWITCH)
_FORM_BASES = last_names(Role.CSRF_FORM)
_ARGUMENTS = {path: row.arguments[0] for path, row in calls_of(Role.CSRF_SWITCH).items()}
_AUTHENTICATIONS, _TESTS = last_names(Role.CSRF_AUTHENTICATION), last_names(Role.CSRF_METHOD)
_ANY_ORIGIN = frozenset({".*", "^.*$", "https?://.*", "https://.*", "http.*"})
_MIDDLEWARE = frozenset(calls_of(Role.CSRF_MIDDLEWARE))
_SESSIONS = frozenset(calls_of(Role.SESSION_MIDDLEWARE))


def is_not_switched_on(facts: Facts) -> bool:
    """Whether the settings of the application are in the program, and do not switch the protection on."""
    sites = list(facts.tabled(_ARGUMENTS))
    return bool(sites) and not any(
        site.argument(None, switch.name) is not None and site.constants(None, switch.name) != {False}
        for site, switch in sites
    )


def named(instr: Instr) -> str:
    name = instr.extra
    if isinstance(name, tuple):
        name = name[1] if instr.op in ("cell", "builtin") else name[0]
    return str(name).rpartition(".")[2]


def first(facts: Facts, unit: Unit) -> Instr:
    """The place that stands for a function: its first instruction with a place of its own."""
    return next((i for i in facts.instructions(unit) if i.col), next(iter(facts.instructions(unit))))


def switched_off(facts: Facts) -> Iterator[Defect]:
    for _, instr, name, value in settings(facts):
        if name in _SWITCHES and value is False:
            yield Defect(instr, f"{name} = False switches the protection off")
    for unit, instr in facts.steps("assign", "setcell"):
        if unit.kind == "module" and named(instr) == "MIDDLEWARE":
            listed = facts.elements(facts.value(unit, instr.args[0]))
            if _SESSIONS & listed and not _MIDDLEWARE & listed:
                yield Defect(instr, "MIDDLEWARE has sessions, but no protection against forged requests")
    for site, switch in facts.tabled(_ARGUMENTS):
        if site.constants(None, switch.name) == {False}:
            yield Defect(site.instr, f"{switch.name}=False switches the protection off")
    for site in facts.calls(*(path for path in calls_of(Role.CSRF_EXEMPT) if "()" not in path)):
        given = {
            word
            for operand in site.instr.args[1:]
            for name in facts.reads(site.unit, operand).words
            for word in words(name)
        }
        if site.instr.op == "call" and not given & OPEN_WORDS:
            yield Defect(site.instr, "a view is exempted from the protection of the framework")
    yield from _forms(facts)
    yield from _any_origin(facts)


def _forms(facts: Facts) -> Iterator[Defect]:
    """``class Meta: csrf = False`` of a form, and an ``enforce_csrf`` that does nothing."""
    app = app_of(facts)
    for meta, outer in app.inner_classes("Meta"):
        member = meta.members.get("csrf")
        if outer.bases & _FORM_BASES and member is not None and facts.constants(*member) == {False}:
            place = member[0].defs[member[1]] or first(facts, meta.unit)
            yield Defect(place, "csrf = False switches the protection off")
    for cls in app.classes.values():
        for method in (cls.method(name) for name in _TESTS if _AUTHENTICATIONS & cls.bases):
            if method is not None and not any(instr.op in ("call", "method") for instr in facts.instructions(method)):
                yield Defect(first(facts, method), f"{method.name}() does nothing, so that nothing is protected")


def _any_origin(facts: Facts) -> Iterator[Defect]:
    """Pages of any origin may send requests with the user's cookies, and read the answers."""
    for site, row in facts.tabled(calls_of(Role.CORS)):
        credentials, *listed = row.arguments
        if site.constants(None, credentials.name) != {True}:
            continue
        told = [value for argument in listed if (value := site.argument(None, argument.name)) is not None]
        admitted = {text for value in told for text in facts.elements(value)}
        if admitted & {"*", *_ANY_ORIGIN} or (row.shown == "*" and not told):
            yield Defect(site.instr, "pages of any origin may use the cookies of the user")
