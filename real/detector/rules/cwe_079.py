"""CWE-79: Cross-site scripting (https://cwe.mitre.org/data/definitions/79.html)

What: outside text becomes part of a page of HTML without being escaped, so that its author can put a script into it.

Why: the browser cannot tell which part of the page the programmer wrote. A script in the page acts as the person who
looks at it: it reads the session, sends forms, changes what is shown.

Bad:
    return f"<h1>Hello {request.args['name']}</h1>"
    return mark_safe("<b>" + comment + "</b>")

Good:
    return f"<h1>Hello {html.escape(request.args['name'])}</h1>"
    return format_html("<b>{}</b>", comment)
    return render_template("hello.html", name=request.args["name"])

What silences it:
- html.escape(), markupsafe.escape(), xml.sax.saxutils.escape(), bleach.clean(), nh3.clean();
- a template engine that escapes: render_template(), Django's render(), jinja2.Environment(autoescape=True);
- format_html(), Markup("...").format(), Markup("...") % data, which escape what they put in;
- a conversion to a number, a constant allow-list, or a test that admits no `<` and no quote;
- replace("<", "&lt;") and the like, with the quotes too where the data is in an attribute;
- a response that is no HTML: jsonify(), JSONResponse, a dict that a view of Flask returns, a content type of another
  kind as an argument, in the headers, or set on every way to the return;
- weakly, by its name: escape_html() and the like of a file that is not seen, where it is the last step.

Rows of a database count as outside text: what one user stored is shown to another.

What does not: strip(), removing `<script>` or other blacklists, json.dumps() inside a page,
Markup(data) or mark_safe(data), which only say that it were safe.

Where: text that a function builds with an HTML tag and returns, or from a template that the program at hand takes from
elsewhere and whose name does not say that it is none of a page, what a Flask view returns, response objects of Flask,
Django, FastAPI, Starlette, aiohttp and tornado, http.server's wfile.write(), print() of a page (CGI), jinja2
environments that load templates without autoescape, raw parts of templates of bottle and tornado, bodies of responses
of Falcon and Pyramid, mails of HTML, a callback that the client names (JSONP).

What is escaped still does harm in another place than the text of an element: an address that somebody entered as that
of a site, where nothing asks how it begins; code in a script; an attribute without quotes, or with quotes that the
escaping leaves alone (`quote=False`, xml.sax.saxutils.escape()).

Templates whose text stands in the program are read (Jinja, Django, bottle, tornado, Mako): raw parts, also through
loops, attributes and items, and the places above. What it cannot see: templates in files; of those, only the name says
whether Flask, Quart or select_autoescape() escapes in them.

Sources: as for CWE-89; the parameters of functions that nothing in the program calls, input(), web requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from real.detector.analysis.callsites import library_paths
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.returned import Returned, built_with
from real.detector.analysis.values import Value
from real.detector.analysis.witness import every
from real.detector.concepts.endpoints import is_handler
from real.detector.concepts.markup import HTML_TAG, MARKUP, PAGE, is_neutral_markup
from real.detector.models.catalogue import calls_of, tables
from real.detector.models.kinds import Kind, Role
from real.detector.rule import ReturnSink, Rule
from real.detector.rules._contexts import misplaced
from real.detector.rules._echoes import is_echo
from real.detector.rules._html_bodies import is_no_page, page_operands, types_of_call, types_set_later
from real.detector.rules._html_views import is_html_view
from real.detector.rules._pages import RESPONSES, bodies, callbacks, is_document, is_other_type, response_bodies
from real.detector.rules._pages import WATCHED as PAGES
from real.detector.rules._template_engines import BY_ALIAS
from real.detector.rules._template_engines import WATCHED as FILLS
from real.detector.rules._template_files import WATCHED as FILES
from real.detector.rules._template_files import loads_no_page, templates_not_escaped_by_name
from real.detector.rules._template_places import template_defects
from real.detector.rules._templates import is_page_template
from real.detector.rules._unseen_escapers import is_escaped_elsewhere

_has_tag = built_with(HTML_TAG)
_WRITERS = ("write", "print")
_MARKED = tuple(f"{api}()" for api in tables((Kind.SAFE_HTML,)).calls if api.endswith(".Markup"))


def _is_marked(value: Value) -> bool:
    """Markup, or what its methods make of it."""
    return any(path.startswith(_MARKED) for path in library_paths(value))


def _is_page(facts: Facts, returned: Returned) -> bool:
    """A result that is built with a tag of HTML, or any text that a view of Flask builds."""
    if not is_html_view(facts, returned.unit):
        return _is_built_page(facts, returned) and not _is_filled_by_views(facts, returned)
    pages = [replace(returned, operand=page) for page in page_operands(facts, returned.unit, returned.operand)]
    return any(
        facts.is_untrusted(facts.value(page.unit, page.operand))
        and (_is_built_page(facts, page) or _is_built_text(facts, page) or is_echo(facts, page.unit, page.operand))
        for page in pages
        if not _is_marked(facts.value(page.unit, page.operand))
    )


def _is_filled_by_views(facts: Facts, returned: Returned) -> bool:
    """Whether a helper is called by views only, and with nothing from outside: the views decide what is in the page."""
    unit = returned.unit
    if not every(origin.instr.op == "param" for origin in facts.origins(unit, [returned.operand])):
        return False
    sites = facts.call_sites(unit)
    if any(
        facts.is_untrusted(facts.value(caller, operand))
        for caller, call, bound in sites
        for name in unit.params.names
        for operand in facts.passed(caller, call, unit, bound, name)
    ):
        return False
    for copy in facts.units:  # which has the code of the helper in place of a call
        here = (step for step in facts.instructions(copy) if copy is not unit and step.line == returned.instr.line)
        if any(facts.is_untrusted(facts.value(copy, step.dst)) for step in here):
            return False
    callers = [*(caller for caller, _, _ in sites), *facts.copied_into(unit)]
    return every(is_handler(facts, caller) for caller in callers)


def _is_built_page(facts: Facts, returned: Returned) -> bool:
    if _is_marked(facts.value(returned.unit, returned.operand)):
        return False  # what is put into Markup is escaped
    if _has_tag(facts, returned):
        return True
    pieces = facts.pieces(returned.unit, returned.operand)
    return pieces.is_built and any(is_page_template(name) for name in pieces.undefined)


def _is_built_text(facts: Facts, returned: Returned) -> bool:
    pieces = facts.pieces(returned.unit, returned.operand)
    return pieces.is_built and any(piece.strip() for piece in pieces.literals)


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    if flow.label in ("write()", "finish()") and (
        every(is_document(facts, flow, operand) for operand in flow.operands) or is_other_type(facts, flow)
    ):
        return True  # tornado sends a dict as JSON
    if flow.verb == Kind.HTML.value and is_no_page(facts, flow):
        return True
    flow = _at_bodies(facts, flow)
    if every(is_escaped_elsewhere(facts, flow.unit, operand) for operand in flow.operands):
        return True
    marked = every(_is_marked(facts.value(flow.unit, operand)) for operand in flow.operands)
    return (marked and flow.verb == Kind.HTML.value) or is_neutral_markup(
        facts, flow
    )  # what is put into Markup is escaped


def _at_bodies(facts: Facts, flow: Flow) -> Flow:
    """The same flow, of what is the page in a tuple that is returned."""
    if flow.instr.op not in ("return", "yield") or not is_html_view(facts, flow.unit):
        return flow
    bodies = [page for operand in flow.operands for page in page_operands(facts, flow.unit, operand)]
    return replace(flow, operands=tuple(bodies) or flow.operands)


def _check(facts: Facts) -> Iterator[Defect]:
    yield from _written(facts)
    yield from _environments(facts)
    yield from template_defects(facts)
    yield from templates_not_escaped_by_name(facts)
    yield from response_bodies(facts)
    yield from _typed_as_page(facts)
    yield from callbacks(facts)
    yield from misplaced(facts)


def _written(facts: Facts) -> Iterator[Defect]:
    """Pages that are printed, or written to a response or a file."""
    for site in facts.calls(*_WRITERS):
        value = site.argument(0)
        operands = site.operands((0,), ())
        if value is None or not facts.is_untrusted(value):
            continue
        pieces = [facts.pieces(site.unit, operand) for operand in operands]
        if any(piece.is_built and any(PAGE.search(text) for text in piece.literals) for piece in pieces):
            yield Defect(
                site.instr, f"untrusted data is part of the page that {site.name}() writes", facts.trace(value)
            )


def _typed_as_page(facts: Facts) -> Iterator[Defect]:
    """``Response(text, headers={"Content-Type": "text/html"})`` of a library whose responses are no pages otherwise."""
    for site, row in facts.tabled(RESPONSES):
        told = tuple(body for body in bodies(site, row) if facts.is_untrusted(facts.value(site.unit, body)))
        later = types_set_later(facts, site.unit, site.instr)
        types = later or types_of_call(facts, site.unit, site.instr, told)
        if not told or not any("html" in kind for kind in types):
            continue
        flow = Flow(RULE, facts.bit, site.unit, site.instr, told, None, f"{site.name}()", Kind.HTML.value)
        if not _is_guarded(facts, flow):
            value = facts.value(site.unit, told[0])
            yield Defect(site.instr, "untrusted data is the page of a response", facts.trace(value))


def _environments(facts: Facts) -> Iterator[Defect]:
    """``jinja2.Environment(loader=...)`` escapes nothing unless it is told to."""
    for site, row in facts.tabled(calls_of(Role.LOADER)):
        loader, escapes = (site.argument(None, argument.name) for argument in row.arguments)
        if loader is None or site.args.named_rest is not None:
            continue
        if (escapes is None or escapes.consts == frozenset((False,))) and not loads_no_page(facts):
            yield Defect(site.instr, "the templates of this environment escape nothing")


RULE = Rule(
    cwe="CWE-79",
    title="Cross-site scripting",
    doc=__doc__ or "",
    fix="escape the data with html.escape() or markupsafe.escape(), or pass it to a template engine that escapes",
    what="page",
    sanitizers=BY_ALIAS,
    harmless=MARKUP,
    stored_matters=True,
    kinds=(Kind.HTML, Kind.SAFE_HTML, Kind.HTML_MAIL, Kind.HTML_WIDGET),
    returned=ReturnSink("may be sent as HTML", _is_page),
    guard=_is_guarded,
    check=_check,
    watches=PAGES | FILLS | FILES | {*_WRITERS},
    yields_to=frozenset({"CWE-94"}),
)
