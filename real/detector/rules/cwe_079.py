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
- a response that is no HTML: jsonify(), JSONResponse, content_type="text/plain".

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

What it cannot see: templates in files.

Sources: as for CWE-89; the parameters of functions that nothing in the program calls, input(), web requests.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from real.detector.analysis.callsites import library_paths
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.returned import Returned, built_with
from real.detector.analysis.values import Value
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Unit
from real.detector.models.kinds import Kind
from real.detector.rule import ReturnSink, Rule
from real.detector.rules._contexts import misplaced
from real.detector.rules._definitions import definition
from real.detector.rules._markup import HTML_TAG, MARKUP, is_neutral_markup
from real.detector.rules._pages import WATCHED as PAGES
from real.detector.rules._pages import callbacks, is_document, is_other_type, raw_templates, response_bodies
from real.detector.rules._templates import is_page_template

_VIEW_CALLS = frozenset({"route", "get", "post", "put", "patch", "delete"})  # decorators of Flask and its like
_HTML_VIEWS = ("flask.Flask()", "flask.Blueprint()", "bottle.Bottle()", "bottle.", "quart.Quart()")
_PAGE = re.compile(HTML_TAG)
_has_tag = built_with(HTML_TAG)
_WRITERS = ("write", "print")
_MARKDOWN = frozenset({"markdown.markdown", "markdown2.markdown", "mistune.html", "mistune.markdown"})
_TEXT_PARTS = frozenset({"args", "form", "values", "cookies"})
_MARKED = ("markupsafe.Markup()", "flask.Markup()", "jinja2.Markup()")
_FILTERED = re.compile(r"\|\s*(?:e|escape|forceescape|tojson|urlencode)\b|\bautoescape\b")


def _is_marked(value: Value) -> bool:
    """Markup, or what its methods make of it."""
    return any(path.startswith(_MARKED) for path in library_paths(value))


def _is_page(facts: Facts, returned: Returned) -> bool:
    """A result that is built with a tag of HTML, or any text that a view of Flask builds."""
    if _is_marked(facts.value(returned.unit, returned.operand)):
        return False  # what is put into Markup is escaped
    if _has_tag(facts, returned) or _is_echoed(facts, returned):
        return True
    pieces = facts.pieces(returned.unit, returned.operand)
    if pieces.is_built and any(piece.strip() for piece in pieces.literals) and _is_flask_view(facts, returned):
        return True
    return pieces.is_built and any(is_page_template(name) for name in pieces.undefined)


def _is_flask_view(facts: Facts, returned: Returned) -> bool:
    reads = facts.declarations(returned.unit)
    if "cherrypy.expose" in reads.words or "response_class" in _keywords(returned.unit):
        return _sends_html(returned.unit)
    return any(
        call.startswith(_HTML_VIEWS) and call.rpartition(".")[2].rstrip("()") in _VIEW_CALLS for call in reads.calls
    )


def _keywords(unit: Unit) -> dict[str, str]:
    """The keywords of the decorators of a function, as they are written."""
    return {
        keyword.arg: ast.unparse(keyword.value)
        for decorator in getattr(unit.node, "decorator_list", ())
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg
    }


def _sends_html(unit: Unit) -> bool:
    return "HTML" in _keywords(unit).get("response_class", "HTML")


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    if flow.label in ("write()", "finish()") and (
        every(is_document(facts, flow, operand) for operand in flow.operands) or is_other_type(facts, flow)
    ):
        return True  # tornado sends a dict as JSON
    marked = every(_is_marked(facts.value(flow.unit, operand)) for operand in flow.operands)
    return (marked and flow.verb == Kind.HTML.value) or is_neutral_markup(
        facts, flow
    )  # what is put into Markup is escaped


def _is_echoed(facts: Facts, returned: Returned) -> bool:
    """A view of Flask that returns what the client sent as it is, or as Markdown, which lets HTML pass."""
    if not _is_flask_view(facts, returned):
        return False
    made = definition(returned.unit, returned.operand)
    if made is None:
        return False
    if made.op == "param" or facts.library_names(returned.unit, made) & _MARKDOWN:
        return True
    is_part = made.op == "sub" or (made.op == "method" and made.extra[0] == "get")
    return is_part and bool(facts.reads(returned.unit, made.args[0]).attributes & _TEXT_PARTS)


def _check(facts: Facts) -> Iterator[Defect]:
    yield from _marked_safe(facts)
    yield from _written(facts)
    yield from _environments(facts)
    yield from _rendered(facts)
    yield from raw_templates(facts)
    yield from response_bodies(facts)
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
        if any(piece.is_built and any(_PAGE.search(text) for text in piece.literals) for piece in pieces):
            yield Defect(
                site.instr, f"untrusted data is part of the page that {site.name}() writes", facts.trace(value)
            )


def _marked_safe(facts: Facts) -> Iterator[Defect]:
    """``render_template_string("{{ text|safe }}", text=data)``."""
    for site in facts.calls("flask.render_template_string", "jinja2.Template().render"):
        sources = [site] if site.name != "render" else facts.calls("jinja2.Template")
        templates = [text for source in sources for text in source.constants(0, "source") if isinstance(text, str)]
        for name, value in site.args.named.items():
            pattern = re.compile(rf"\{{\{{\s*{re.escape(name)}\s*\|\s*safe\b")
            if facts.is_untrusted(value) and any(pattern.search(text) for text in templates):
                yield Defect(site.instr, f"the template takes `{name}` for safe HTML", facts.trace(value))


def _environments(facts: Facts) -> Iterator[Defect]:
    """``jinja2.Environment(loader=...)`` escapes nothing unless it is told to."""
    for site in facts.calls("jinja2.Environment", "jinja2.environment.Environment"):
        value = site.argument(None, "autoescape")
        if site.argument(None, "loader") is None or site.args.named_rest is not None:
            continue
        if value is None or value.consts == frozenset((False,)):
            yield Defect(site.instr, "the templates of this environment escape nothing")


def _rendered(facts: Facts) -> Iterator[Defect]:
    """``Template("<p>{{ name }}</p>").render(name=data)``, ``Environment().from_string(...)``: nothing is escaped."""
    makers = [site for site in facts.calls("jinja2.Template") if not any(site.constants(None, "autoescape"))]
    environments = facts.calls("jinja2.Environment", "jinja2.environment.Environment")
    if environments and not any(site.argument(None, "autoescape") for site in environments):
        makers += facts.calls("jinja2.Environment().from_string")
    templates = [text for site in makers for text in site.constants(0, "source") if isinstance(text, str)]
    if not any(_PAGE.search(text) and not _FILTERED.search(text) for text in templates):
        return
    for site in facts.calls("jinja2.Template().render", "jinja2.Environment().from_string().render"):
        untrusted = [value for value in site.args.everything() if facts.is_untrusted(value)]
        if untrusted:
            message = "untrusted data is put into a template that escapes nothing"
            yield Defect(site.instr, message, facts.trace(untrusted[0]))


RULE = Rule(
    cwe="CWE-79",
    title="Cross-site scripting",
    doc=__doc__ or "",
    fix="escape the data with html.escape() or markupsafe.escape(), or pass it to a template engine that escapes",
    what="page",
    harmless=MARKUP,
    stored_matters=True,
    kinds=(Kind.HTML, Kind.SAFE_HTML, Kind.HTML_MAIL, Kind.HTML_WIDGET),
    returned=ReturnSink("may be sent as HTML", _is_page),
    guard=_is_guarded,
    check=_check,
    watches=PAGES | {*_WRITERS, "Environment", "from_string", "render", "render_template_string"},
    yields_to=frozenset({"CWE-94"}),
)
