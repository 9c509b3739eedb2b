"""CWE-74: Injection (https://cwe.mitre.org/data/definitions/74.html)

What: outside text becomes part of an output that another component reads by rules of its own, without the special
characters of that output being neutralized. This is the parent of CWE-77 (commands), CWE-79 (HTML), CWE-89 (SQL) and
CWE-94 (code), which are reported under their own numbers; what is left here is XML, headers of HTTP and mail, LDAP,
XPath, XSLT, queries of MongoDB, GraphQL, Neo4j, Salesforce and Flux, expressions of DynamoDB, TwiML of Twilio,
calendars, templates that are filled by replace(), lines of logs that a view writes (CWE-117), and cells of exported
spreadsheets (CWE-1236).

Why: the reader cannot tell which part the programmer wrote. A tag ends an element, a line break ends a header, a `*` or
`)` changes an LDAP filter.

Bad:
    return f"<reply><message>{text}</message></reply>"
    return f"X-Greeting: {value}"
    page = page.replace("{{name}}", name)

Good:
    return f"<reply><message>{xml.sax.saxutils.escape(text)}</message></reply>"
    return "X-Greeting: " + re.sub(r"[\\r\\n]", "", value)
    page = page.replace("{{name}}", html.escape(name))

What silences it:
- for markup and templates: html.escape(), xml.sax.saxutils.escape(), quoteattr(), or building a tree of elements;
- for headers: removing or refusing line breaks, urllib.parse.quote(), an EmailMessage;
- for LDAP: ldap.filter.escape_filter_chars(), ldap3.utils.conv.escape_filter_chars(), or refusing * ( ) and the
  backslash in a value;
- for XPath: variables, as in tree.xpath("//user[@name=$name]", name=name), or a value in quotes that has lost that
  quote, or is used only where a test has found none in it;
- a conversion to a number, a constant allow-list, or a test that admits no special character.

- for log lines: repr(), `!r`, json.dumps(), removing line breaks; for cells: a test of how they begin.

What does not: strip(), refusing some words, an escaping for another language.

Sources: as for CWE-89; the parameters of functions that nothing in the program calls, input(), web requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from real.detector.analysis.charsets import Charset
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.returned import Returned
from real.detector.analysis.witness import every
from real.detector.concepts.characters import every_character_is_harmless
from real.detector.concepts.markup import ANY_TAG, HTML_TAG, MARKUP, is_neutral_markup
from real.detector.concepts.quoting import XPATH, stays_a_value, stays_inside
from real.detector.concepts.removal import is_removed
from real.detector.ir.instructions import Unit
from real.detector.models.catalogue import sink_libraries
from real.detector.models.kinds import Kind, Role
from real.detector.rule import ReturnSink, Rule
from real.detector.rules._documents import MONGO_READERS, documents
from real.detector.rules._lines import WATCHED, broken_lines, log_lines
from real.detector.rules._query_languages import LANGUAGES, bound_names, languages
from real.detector.rules._spreadsheets import WRITERS, formulas
from real.detector.rules._templates import is_markup_template

_XML = re.compile(ANY_TAG)
_HTML = re.compile(HTML_TAG)
# A header whose name is made of capitalised words, or one that steers the client, up to its value.
_HEADER = re.compile(r"(?:^|\n)(?:[A-Z][A-Za-z0-9]*(?:-[A-Z][A-Za-z0-9]*)+|Location|Cookie):[ \t]*(?:$|%|\{)")
# A calendar or a card, and a property of it up to its value.
_CALENDAR = re.compile(r"BEGIN:V[A-Z]+\r?\n")
_PROPERTY = re.compile(r"(?:^|\n)[A-Z][A-Z-]+(?:;[^:\n]*)?:(?:$|%|\{)")
# What marks the place that a value is to be put in: {{name}}, ${name}, <%name%>, %%name%%, [[name]].
_PLACEHOLDER = re.compile(r"\{\{|\$\{|<%|%%|\[\[")
# They read XML, or send it to who does.
_READERS = ("fromstring", "XML", "parseString", "post", "put", "request")
# Characters that mean nothing in XPath and LDAP, inside of quotes and outside.
_PLAIN = Charset("_-.")
# Text without these is harmless wherever it stands here: in markup, and on a line of its own.
_HARMLESS = Charset(dangerous=f"{MARKUP.dangerous}\r\n")
_XML_USERS = sink_libraries((Kind.URL, Kind.XML_ENTITIES)) | {"defusedxml"}


def _is_markup_or_header(facts: Facts, returned: Returned) -> bool:
    pieces = facts.pieces(returned.unit, returned.operand)
    if not pieces.is_built:
        return False
    if any(_HTML.search(piece) for piece in pieces.literals):
        return False  # CWE-79
    if any(is_markup_template(name) for name in pieces.undefined):
        return True
    if any(_CALENDAR.search(piece) for piece in pieces.literals):
        return any(_PROPERTY.search(piece) for piece in pieces.literals)
    return any(_XML.search(piece) or _HEADER.search(piece) for piece in pieces.literals)


def _check(facts: Facts) -> Iterator[Defect]:
    yield from _filled_templates(facts)
    yield from broken_lines(facts)
    yield from log_lines(facts)
    yield from formulas(facts)
    yield from bound_names(facts)
    yield from _envelopes(facts)
    yield from documents(facts)
    yield from languages(facts)


def _envelopes(facts: Facts) -> Iterator[Defect]:
    """``requests.post(url, data=f"<Envelope>{name}</Envelope>")``."""
    for site in facts.calls(*_READERS):
        operands = site.operands((0, 1), ("data", "content", "text", "string"))
        for operand in operands if site.path.partition(".")[0] in _XML_USERS else ():
            pieces = facts.pieces(site.unit, operand)
            value = facts.value(site.unit, operand)
            is_markup = pieces.is_built and any(_XML.search(text) for text in pieces.literals)
            if is_markup and facts.is_untrusted(value) and not is_removed(facts, site.unit, operand, "<"):
                yield Defect(site.instr, "untrusted data is part of a document as it is", facts.trace(value))
                break


def _filled_templates(facts: Facts) -> Iterator[Defect]:
    """``template.replace("{{name}}", value)``: a template engine without escaping."""
    for site in facts.calls("replace"):
        value = site.argument(1, "new")
        if value is None or not facts.is_untrusted(value) or len(site.instr.args) < 3:
            continue
        marks = facts.pieces(site.unit, site.instr.args[1]).literals
        if any(_PLACEHOLDER.search(mark) for mark in marks):
            yield Defect(site.instr, "untrusted data is put into a template as it is", facts.trace(value))


def _is_named_file(facts: Facts, unit: Unit, operand: int) -> bool:
    """``parse(path)``: a file of the machine that the caller names, and no text that somebody sends."""
    called = facts.reads(unit, operand).called
    return "parse" in called and called.isdisjoint({"BytesIO", "StringIO"})


def _is_guarded(facts: Facts, flow: Flow) -> bool:
    """Each language has its own characters: line breaks end a header, quotes a literal, what begins a tag a text."""
    if flow.verb == Kind.XPATH.value:
        return every_character_is_harmless(facts, flow, _PLAIN) or every(
            stays_inside(facts, flow.unit, flow.instr, operand, XPATH) for operand in flow.operands
        )
    if flow.verb == Kind.LDAP.value:
        return every_character_is_harmless(facts, flow, _PLAIN) or every(
            stays_a_value(facts, flow.unit, flow.instr, operand) for operand in flow.operands
        )
    if flow.verb == Kind.XSLT.value:
        return every(_is_named_file(facts, flow.unit, operand) for operand in flow.operands)
    literals = [text for operand in flow.operands for text in facts.pieces(flow.unit, operand).literals]
    is_lines = any(_HEADER.search(text) or _CALENDAR.search(text) for text in literals)
    if (is_lines and not any(_XML.search(text) for text in literals)) or flow.label == "send_header()":
        return every(is_removed(facts, flow.unit, operand, "\r\n", at=flow.instr) for operand in flow.operands)
    return is_neutral_markup(facts, flow)


RULE = Rule(
    cwe="CWE-74",
    title="Injection",
    doc=__doc__ or "",
    fix="neutralize the special characters of the output: saxutils.escape(), escape_filter_chars(), no line breaks",
    what="text",
    harmless=_HARMLESS,
    kinds=(Kind.XML, Kind.XPATH, Kind.XSLT, Kind.LDAP, Kind.HEADER, Kind.CALL_XML, Kind.QUERY),
    returned=ReturnSink("is read by rules of its own", _is_markup_or_header),
    guard=_is_guarded,
    check=_check,
    asks=(Role.BINDS_NAME,),
    watches=frozenset(
        {
            "replace",
            *WATCHED,
            *WRITERS,
            *_READERS,
            *(name for row in LANGUAGES for name in row[0]),
            *MONGO_READERS,
        }
    ),
    yields_to=frozenset({"CWE-77", "CWE-79", "CWE-89", "CWE-94", "CWE-95", "CWE-601"}),
)
