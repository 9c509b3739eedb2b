"""Templates in files that the engine does not escape, as their names say, and that are sent as a page (CWE-79).

Flask and Quart escape in ``.html``, ``.htm``, ``.xml``, ``.xhtml`` and ``.svg`` only (Flask's API, "select_jinja_
autoescape"), Jinja's select_autoescape() in the extensions that it is given, ``html``, ``htm`` and ``xml`` by default.
"""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import app_of
from real.detector.concepts.text_pieces import ordered_pieces
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, last_names
from real.detector.models.kinds import Role
from real.detector.models.library import names
from real.detector.rules._html_bodies import is_other_type, page_operands, types_of_call, types_set_later
from real.detector.rules._html_views import is_html_view

_RENDERS = tuple(calls_of(Role.RENDER))
_ESCAPED = (".html", ".htm", ".xml", ".xhtml", ".svg")
# What an application does to escape in other files, too.
_SETTINGS = names("select_jinja_autoescape autoescape jinja_options jinja_environment")
_MAKERS = last_names(Role.RESPONSE)
_ENVIRONMENTS = tuple(calls_of(Role.LOADER))
_LOADED = tuple(f"{maker}().{get}().render" for maker in _ENVIRONMENTS for get in ("get_template", "select_template"))
_GETTERS = tuple(f"{maker}().get_template" for maker in _ENVIRONMENTS)
_SELECT = tuple(calls_of(Role.AUTOESCAPE))
_DEFAULT = ("html", "htm", "xml")
_ENGINE_ENDINGS = names("j2 jinja jinja2")  # Jinja, "Template File Extension"
_MAX_DEPTH = 4
WATCHED = last_names(Role.RENDER, Role.AUTOESCAPE) | {"get_template", "render"}


def templates_not_escaped_by_name(facts: Facts) -> Iterator[Defect]:
    """``return render_template("card.txt", name=request.args["name"])``."""
    pages = _Pages(facts)
    if not _escapes_elsewhere(facts):
        for site in facts.calls(*_RENDERS):
            name = _unescaped_name(facts, site, _ESCAPED)
            value = next((v for v in site.args.after(1).everything() if facts.is_untrusted(v)), None)
            if name and value is not None and pages.sends(site.instr):
                yield Defect(site.instr, f"the engine escapes nothing in {name!r}", facts.trace(value))
    extensions = _selected(facts)
    if extensions is None:
        return
    for site in facts.calls(*_LOADED):
        getter = definition(site.unit, site.instr.args[0])
        made = next((g for g in facts.calls(*_GETTERS) if g.instr is getter), None)
        name = _unescaped_name(facts, made, extensions, lower=True) if made is not None else ""
        value = next((v for v in site.args.everything() if facts.is_untrusted(v)), None)
        if name and value is not None and pages.sends(site.instr):
            yield Defect(site.instr, f"the engine escapes nothing in {name!r}", facts.trace(value))


def loads_no_page(facts: Facts) -> bool:
    """Whether a program that has no endpoints names all its templates as no pages: ``unit.service.j2``, ``pod.j2``."""
    if app_of(facts).endpoints:
        return False  # what it answers is a page, whatever the name of the file
    endings = [
        ending
        for site in facts.calls(*_GETTERS)
        for operand in site.operands((0,), ("name",))
        for ending in _endings(facts, site.unit, operand)
    ]
    return every(_is_no_page(ending) for ending in endings)


def _endings(facts: Facts, unit: Unit, operand: int) -> list[str]:
    """How the names that an operand may be end; an empty text where nothing is known."""
    last = ordered_pieces(facts, unit, operand)[-1]
    if isinstance(last, str):
        return [last]
    return [str(text) for text in facts.elements(facts.value(unit, last))] or [""]


def _is_no_page(ending: str) -> bool:
    """Whether a name has an extension that is no page's, be it that of the template engine only."""
    first, _, engine = ending.lower().rpartition("/")[2].rpartition(".")
    if engine not in _ENGINE_ENDINGS:
        return bool(first) and f".{engine}" not in _ESCAPED
    return f".{first.rpartition('.')[2]}" not in _ESCAPED


def _unescaped_name(facts: Facts, site: CallSite, extensions: tuple[str, ...], *, lower: bool = False) -> str:
    """A name that a template may have by which its engine escapes nothing."""
    values = [site.argument(0, "template_name_or_list"), site.argument(0, "name")]
    found = [name for value in values if value is not None for name in sorted(map(str, facts.elements(value)))]
    return next((name for name in found if not (name.lower() if lower else name).endswith(extensions)), "")


def _escapes_elsewhere(facts: Facts) -> bool:
    """Whether the program says by itself where its application escapes."""
    return any(
        (step.op == "setattr" and step.extra in _SETTINGS) or (step.op == "setmember" and step.extra in _SETTINGS)
        for unit, step in facts.steps()
    )


def _selected(facts: Facts) -> tuple[str, ...] | None:
    """The extensions for which the only environment of the program escapes; ``None`` if that is not seen."""
    sites = facts.calls(*_SELECT)
    if len(sites) != 1 or len(facts.calls(*_ENVIRONMENTS)) != 1:
        return None
    site = sites[0]
    if site.argument(3, "default") is not None or site.argument(1, "disabled_extensions") is not None:
        return None
    given = site.argument(0, "enabled_extensions")
    found = _DEFAULT if given is None else tuple(str(text) for text in facts.elements(given))
    return tuple(f".{extension.lstrip('.').lower()}" for extension in found) or None


class _Pages:
    """What the views of a program send as a page: calls, followed through responses and helpers."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._sent: set[Instr] | None = None

    def sends(self, call: Instr) -> bool:
        """Whether what a call makes is sent as HTML."""
        if self._sent is None:
            self._sent = set()
            for unit in self.facts.functions:
                if is_html_view(self.facts, unit):
                    self._note_returns(unit, 0)
        return call in self._sent

    def _note_returns(self, unit: Unit, depth: int) -> None:
        for step in self.facts.instructions(unit, "return"):
            for page in page_operands(self.facts, unit, step.args[0]):
                self._note(unit, page, depth)

    def _note(self, unit: Unit, operand: int, depth: int) -> None:
        made = definition(unit, operand)
        if made is None or made.op not in ("call", "method") or depth > _MAX_DEPTH:
            return
        if self._sent is not None:
            self._sent.add(made)
        if {name.rpartition(".")[2] for name in self.facts.library_names(unit, made)} & _MAKERS and len(made.args) > 1:
            types = types_set_later(self.facts, unit, made) or types_of_call(self.facts, unit, made, made.args[1:2])
            if not is_other_type(types):
                for page in page_operands(self.facts, unit, made.args[1]):
                    self._note(unit, page, depth + 1)
        for callee in self.facts.called(made):
            self._note_returns(callee, depth + 1)
