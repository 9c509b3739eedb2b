"""Templates whose text stands in the program, with what fills them (CWE-79).

Sources: flask.palletsprojects.com ("Jinja Setup": autoescaping in render_template_string()), Jinja's API (autoescape is
off unless it is asked for), Django ("Automatic HTML escaping"), bottle ("SimpleTemplate Syntax"), tornado.template
("autoescape"), Mako ("Expression Escaping").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from real.detector.analysis.callsites import CallSite, library_paths
from real.detector.analysis.facts import Facts
from real.detector.analysis.values import Value
from real.detector.ir.call_shapes import named_operands
from real.detector.models.catalogue import calls_of, rows_of
from real.detector.models.kinds import Role, Syntax
from real.detector.models.rows import Template

_ALIASED = tuple(
    replace(row, api=f"{alias}().render", maker=alias) for row in rows_of(Template) for alias in row.aliases
)
BY_ALIAS = frozenset(row.api for row in _ALIASED)
ENGINES = (*rows_of(Template), *_ALIASED)
_CONTEXTS = tuple(calls_of(Role.CONTEXT))
WATCHED = frozenset(
    path.rpartition(".")[2] for engine in ENGINES for path in (engine.api, engine.maker, *engine.set_on)
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
        makers = facts.calls(engine.maker) if engine.maker else []
        for site in facts.calls(engine.api):
            for maker in makers or ([] if engine.maker else [site]):
                texts = [text for text in maker.constants(0, engine.source) if isinstance(text, str)]
                if texts:
                    found = Filled(site, engine.syntax, _escapes(facts, engine, maker), texts)
                    _fill(facts, found)
                    yield found


def _escapes(facts: Facts, engine: Template, maker: CallSite) -> bool:
    """Whether the engine escapes, by its default or by the argument that says so."""
    told = [maker, *facts.calls(*engine.set_on)] if engine.set_on else [maker]
    values = [value for site in told if (value := site.argument(None, engine.switch)) is not None]
    if not engine.switch or not values:
        return engine.escapes
    if engine.syntax is Syntax.MAKO:
        return any("h" in facts.elements(value) for value in values)
    return not any(value.consts is not None and value.consts <= {False, None} for value in values)


def _fill(facts: Facts, found: Filled) -> None:
    """What is passed by name, in ``**values``, or in a mapping, or in an object that holds one."""
    site = found.site
    found.values.update(site.args.named)
    if site.is_direct:
        found.operands.update({name: operand for name, operand in named_operands(site.instr) if name is not None})
    mappings = [value for value in (*site.args.pos, site.args.named_rest) if value is not None]
    contexts = [inner for made in facts.calls(*_CONTEXTS) for inner in made.args.pos]
    if any(path.startswith(_CONTEXTS) for value in mappings for path in library_paths(value)):
        mappings += contexts
    for value in mappings:
        for obj in value.objs:
            if obj.kind == "dict":
                found.values.update({key: held for key, held in obj.fields.items() if isinstance(key, str)})
