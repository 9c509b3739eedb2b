"""Templates whose text stands in the program, with what fills them: one row for each way to fill one (CWE-79).

Sources: flask.palletsprojects.com ("Jinja Setup": autoescaping in render_template_string()), Jinja's API (autoescape is
off unless it is asked for), Django ("Automatic HTML escaping"), bottle ("SimpleTemplate Syntax"), tornado.template
("autoescape"), Mako ("Expression Escaping").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from real.detector.analysis.callsites import CallSite, library_paths
from real.detector.analysis.facts import Facts
from real.detector.analysis.values import Value
from real.detector.ir.call_shapes import shape_of
from real.detector.rules._template_text import Syntax


@dataclass(frozen=True, slots=True)
class Engine:
    """One way to fill a template: ``fills`` is called with the values, ``makers`` with the text.

    Where there are no makers, the text is the first argument of ``fills``. ``escapes`` is what the engine does unless
    it is told, ``switch`` the argument that tells it, ``set_on`` the calls that take that argument.
    """

    fills: tuple[str, ...]
    makers: tuple[str, ...] = ()
    source: str = "source"
    syntax: Syntax = Syntax.JINJA
    escapes: bool = True
    switch: str = ""
    set_on: tuple[str, ...] = ()


_JINJA = ("jinja2.Environment", "jinja2.environment.Environment")
_DJANGO = (
    *("django.template.Template", "django.template.base.Template", "django.template.engines.from_string"),
    *("django.template.Engine().from_string", "django.template.engine.Engine().from_string"),
)
ENGINES = (
    Engine(
        (
            *("flask.render_template_string", "flask.stream_template_string"),
            *("quart.render_template_string", "quart.stream_template_string"),
        )
    ),
    Engine(("jinja2.Template().render",), ("jinja2.Template",), escapes=False, switch="autoescape"),
    Engine(
        tuple(f"{maker}().from_string().render" for maker in _JINJA),
        tuple(f"{maker}().from_string" for maker in _JINJA),
        escapes=False,
        switch="autoescape",
        set_on=_JINJA,
    ),
    Engine(
        tuple(f"{maker}().render" for maker in _DJANGO),
        _DJANGO,
        "template_string",
        switch="autoescape",
        set_on=("django.template.Engine", "django.template.Context"),
    ),
    Engine(("bottle.template",), (), syntax=Syntax.BOTTLE),
    Engine(("bottle.SimpleTemplate().render",), ("bottle.SimpleTemplate",), syntax=Syntax.BOTTLE),
    Engine(
        ("tornado.template.Template().generate",),
        ("tornado.template.Template",),
        "template_string",
        switch="autoescape",
    ),
    Engine(
        ("mako.template.Template().render", "mako.template.Template().render_unicode"),
        ("mako.template.Template",),
        "text",
        Syntax.MAKO,
        escapes=False,
        switch="default_filters",
    ),
)
# An engine of Django by its name, engines["django"]: an item of a mapping, which is no name to look up in a model.
BY_ALIAS = frozenset({"django.template.engines.from_string().render", "django.template.engines.get_template().render"})
WATCHED = frozenset(
    path.rpartition(".")[2] for engine in ENGINES for path in (*engine.fills, *engine.makers, *engine.set_on)
)


@dataclass(slots=True)
class Filled:
    """A template that is filled: its texts, whether its engine escapes, and what it gets by which name."""

    site: CallSite
    syntax: Syntax
    escapes: bool
    texts: list[str] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    operands: dict[str, int] = field(default_factory=dict)


def filled(facts: Facts) -> Iterator[Filled]:
    """Every template of the program that is filled."""
    for engine in ENGINES:
        makers = facts.calls(*engine.makers) if engine.makers else []
        for site in facts.calls(*engine.fills):
            for maker in makers or ([] if engine.makers else [site]):
                texts = [text for text in maker.constants(0, engine.source) if isinstance(text, str)]
                if texts:
                    found = Filled(site, engine.syntax, _escapes(facts, engine, maker), texts)
                    _fill(facts, found)
                    yield found


def _escapes(facts: Facts, engine: Engine, maker: CallSite) -> bool:
    """Whether the engine escapes, by its default or by the argument that says so."""
    told = [maker, *facts.calls(*engine.set_on)] if engine.set_on else [maker]
    values = [value for site in told if (value := site.argument(None, engine.switch)) is not None]
    if not engine.switch or not values:
        return engine.escapes
    if engine.syntax is Syntax.MAKO:
        return any("h" in facts.elements(value) for value in values)
    return not any(value.consts is not None and value.consts <= {False, None} for value in values)


def _fill(facts: Facts, found: Filled) -> None:
    """What is passed by name, in ``**values``, or in a mapping (Django's Context included)."""
    site = found.site
    found.values.update(site.args.named)
    shape = shape_of(site.instr)
    if shape is not None and site.is_direct:
        operands = site.instr.args[1 + len(shape.starred) :]
        found.operands.update({n: o for n, o in zip(shape.keywords, operands, strict=False) if n is not None})
    mappings = [value for value in (*site.args.pos, site.args.named_rest) if value is not None]
    contexts = [inner for made in facts.calls("django.template.Context") for inner in made.args.pos]
    if any(path.startswith("django.template.Context") for value in mappings for path in library_paths(value)):
        mappings += contexts
    for value in mappings:
        for obj in value.objs:
            if obj.kind == "dict":
                found.values.update({key: held for key, held in obj.fields.items() if isinstance(key, str)})
