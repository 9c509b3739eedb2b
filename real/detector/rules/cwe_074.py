"""CWE-74: Injection (https://cwe.mitre.org/data/definitions/74.html)

What: outside text becomes part of an output that another component reads by rules of its own, without the special
characters of that output being neutralized. This is the parent of CWE-77 (commands), CWE-79 (HTML), CWE-89 (SQL) and
CWE-94 (code), which are reported under their own numbers; what is left here is XML, headers of HTTP and mail, LDAP,
XPath, queries of MongoDB, GraphQL, Neo4j, Salesforce and Flux, expressions of DynamoDB, TwiML of Twilio, calendars,
templates that are filled by replace(), filters of addresses that let scripts in images pass, lines of logs that a view
writes (CWE-117), and cells of exported spreadsheets (CWE-1236).

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
- for filters of script addresses that let images pass: refusing SVG;
- for XPath: variables, as in tree.xpath("//user[@name=$name]", name=name), or a value in quotes that has lost that
  quote, or is used only where a test has found none in it;
- a conversion to a number, a constant allow-list, or a test that admits no special character.

- for log lines: repr(), `!r`, json.dumps(), removing line breaks; for cells: a test of how they begin.

What does not: strip(), refusing some words, an escaping for another language.

Sources: as for CWE-89; the parameters of functions that nothing in the program calls, input(), web requests.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

from real.detector.analysis.atoms import Atom
from real.detector.analysis.callsites import CallSite
from real.detector.analysis.charsets import Charset, parse_pattern
from real.detector.analysis.declared_types import parameter
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect, Flow
from real.detector.analysis.returned import Returned
from real.detector.analysis.values import STR, Value
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of, known_modules, modules_of, sink_libraries, tables
from real.detector.models.kinds import Kind, Role
from real.detector.rule import ReturnSink, Rule
from real.detector.rules._characters import every_character_is_harmless, is_removed
from real.detector.rules._lines import WATCHED, broken_lines, log_lines
from real.detector.rules._markup import ANY_TAG, HTML_TAG, MARKUP, is_neutral_markup
from real.detector.rules._quoting import CODE, XPATH, stays_a_value, stays_inside
from real.detector.rules._refusals import PATTERN_MODULES
from real.detector.rules._spreadsheets import WRITERS, formulas
from real.detector.rules._templates import is_markup_template

_Keeper: TypeAlias = Callable[[Facts, Unit, Instr, int], bool]

_XML = re.compile(ANY_TAG)
_HTML = re.compile(HTML_TAG)
# A header whose name is made of capitalised words, or one that steers the client, up to its value.
_HEADER = re.compile(r"(?:^|\n)(?:[A-Z][A-Za-z0-9]*(?:-[A-Z][A-Za-z0-9]*)+|Location|Cookie):[ \t]*(?:$|%|\{)")
# A calendar or a card, and a property of it up to its value.
_CALENDAR = re.compile(r"BEGIN:V[A-Z]+\r?\n")
_PROPERTY = re.compile(r"(?:^|\n)[A-Z][A-Z-]+(?:;[^:\n]*)?:(?:$|%|\{)")
# What marks the place that a value is to be put in: {{name}}, ${name}, <%name%>, %%name%%, [[name]].
_PLACEHOLDER = re.compile(r"\{\{|\$\{|<%|%%|\[\[")
_MONGO_CODE = frozenset({"$where", "$function", "$accumulator"})
_MONGO_READERS = (
    *("find_one", "find", "find_one_and_update", "find_one_and_delete", "find_one_and_replace", "count_documents"),
    *("delete_one", "delete_many", "update_one", "update_many", "replace_one", "aggregate"),
)
# What has methods of the same names, and is no collection of documents.
_NO_COLLECTIONS = known_modules() - modules_of(Role.DOCUMENTS)
_ANY_DICT = re.compile(r"(?:typing\.)?(?:[Dd]ict|Any|Mapping|object)\b")
# Methods of LDAP connections whose first argument is a distinguished name.
_NAME = re.compile(r"(?i)(?:^|,)\s*(?:uid|cn|ou|mail|sn|samaccountname)\s*=\s*(?:$|%s|\{)")
_BINDERS = ("simple_bind_s", "simple_bind", "bind_s", "add_s", "delete_s", "modify_s", "rename_s", "passwd_s")
# They read XML, or send it to who does.
_READERS = ("fromstring", "XML", "parseString", "post", "put", "request")
_QUERY_OF_GRAPHQL = re.compile(r"\{[^{}]*\w\s*\(\s*\w+\s*:\s*\\?\"?(?:$|%s|\{)")
# Methods, what a text of the language looks like before the data, what it is, and what keeps data in its place.
_LANGUAGES: tuple[tuple[tuple[str, ...], re.Pattern[str], str, _Keeper | None], ...] = (
    (
        ("search", "search_s", "search_ext", "paged_search"),
        re.compile(r"\((?:[&|!]\()*\w+[~<>]?=(?:$|%s|\{)"),
        "an LDAP filter",
        stays_a_value,
    ),
    (
        (*_BINDERS, "search", "search_s", "search_ext"),
        _NAME,
        "a name of LDAP",
        None,
    ),
    (
        ("find", "findall", "findtext", "iterfind"),
        re.compile(r"\[@?\w+\s*=\s*[\"']?(?:$|%s|\{)"),
        "a path of XML",
        partial(stays_inside, language=XPATH),
    ),
    (("run",), re.compile(r"(?i)\b(?:MATCH|MERGE)\s*\("), "a query of Neo4j", partial(stays_inside, language=CODE)),
)
# What a condition in place of a text gets past: fields by which somebody is let in.
_CREDENTIALS = frozenset({"password", "passwd", "pwd", "pass", "token", "secret", "pin", "api_key"})
_MATCHING = tables((Kind.REGEX,)).calls
_IMAGE = "data:image/"
# Characters that mean nothing in XPath and LDAP, inside of quotes and outside.
_PLAIN = Charset("_-.")
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
    yield from _bound_names(facts)
    yield from _envelopes(facts)
    yield from _documents(facts)
    yield from _languages(facts)
    yield from _image_addresses(facts)


def _image_addresses(facts: Facts) -> Iterator[Defect]:
    """A filter of script addresses that lets every `data:image/` pass: an SVG image holds scripts (CVE-2021-43818)."""
    sites = [(site, text) for site in facts.calls(*_MATCHING) for text in site.constants(0, "pattern")]
    texts = [text.lower() for _, text in sites if isinstance(text, str)]
    if not any("javascript" in text for text in texts) or any(_excludes_svg(facts, unit) for unit in facts.units):
        return
    for site, text in sites:
        if isinstance(text, str) and _is_any_image(text):
            yield Defect(site.instr, "whatever calls itself an image passes, SVG with scripts too")
            break


def _excludes_svg(facts: Facts, unit: Unit) -> bool:
    return any(
        instr.op == "const" and isinstance(instr.extra, str) and "svg" in instr.extra.lower()
        for instr in facts.instructions(unit)
    )


def _is_any_image(pattern: str) -> bool:
    """Whether a pattern begins with `data:image/` and goes on with a repetition of any characters."""
    items = list(parse_pattern(pattern) or ())
    if items and str(items[0][0]) == "AT":
        del items[0]
    start = "".join(chr(arg) for op, arg in items[: len(_IMAGE)] if str(op) == "LITERAL")
    following = items[len(_IMAGE) :][:1]
    while following and str(following[0][0]) == "SUBPATTERN":
        following = list(following[0][1][3])[:1]
    return (
        start.lower() == _IMAGE
        and bool(following)
        and str(following[0][0]) in ("MAX_REPEAT", "MIN_REPEAT")
        and str(following[0][1][2][0][0]) == "ANY"
    )


def _query_texts(facts: Facts) -> Iterator[Defect]:
    """``{"$where": "this.price < " + price}``, ``{"query": '{ user(login: "%s") { id } }' % login}``."""
    for unit in facts.units:
        for step in facts.instructions(unit):
            keys = facts.constants(unit, step.args[1]) if step.op == "setsub" else frozenset()
            if not keys or not facts.is_untrusted(value := facts.value(unit, step.args[2])):
                continue
            if keys & _MONGO_CODE:
                yield Defect(step, "untrusted data is part of the code of a query", facts.trace(value))
            elif keys == {"query"} and any(map(_QUERY_OF_GRAPHQL.search, facts.pieces(unit, step.args[2]).literals)):
                yield Defect(step, "untrusted data is part of a query of GraphQL", facts.trace(value))


def _documents(facts: Facts) -> Iterator[Defect]:
    """Conditions of MongoDB where values are meant, and code that it runs as JavaScript."""
    yield from _query_texts(facts)
    for site in facts.calls(*_MONGO_READERS):
        query = site.argument(0, "filter" if site.name != "aggregate" else "pipeline")
        if query is None or site.receiver is None or site.path.partition(".")[0] in _NO_COLLECTIONS:
            continue
        operands = site.operands((0,), ("filter",))
        if facts.is_guarded(site.unit, site.instr, operands, lambda atom, _: _is_text_test(facts, atom)):
            continue
        from_json = any(_is_json(facts, site.unit, step) for step in facts.definitions(site.unit, *operands))
        if (
            not any(obj.kind == "dict" for obj in query.objs)
            and from_json
            and facts.is_untrusted(query)
            and query.kind != STR
        ):
            yield Defect(site.instr, "the client writes the whole filter", facts.trace(query))
            return
        for obj in query.objs:
            for key, value in obj.fields.items():
                if (
                    obj.kind != "dict"
                    or not isinstance(key, str)
                    or not facts.is_untrusted(value)
                    or value.kind == STR
                    or _is_nested(value)
                ):
                    continue
                if from_json or (key in _CREDENTIALS and _may_be_document(facts, site)):
                    yield Defect(site.instr, f"`{key}` may be a condition such as {{'$ne': ''}}", facts.trace(value))
                    return


def _bound_names(facts: Facts) -> Iterator[Defect]:
    """``ldap3.Connection(server, user=f"uid={name},ou=people,dc=example")``."""
    for site, row in facts.tabled(calls_of(Role.BINDS_NAME)):
        for operand in site.operands(row.arguments[0].positions, row.arguments[0].names)[:1]:
            value = facts.value(site.unit, operand)
            pieces = facts.pieces(site.unit, operand)
            if facts.is_untrusted(value) and any(_NAME.search(text) for text in pieces.literals):
                yield Defect(site.instr, "untrusted data is part of a name of LDAP", facts.trace(value))


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


def _is_nested(value: Value) -> bool:
    """``{"$eq": name}``: an operator of the program's own, and nothing that comes from outside as it is."""
    return value.mask == 0 and any(obj.kind == "dict" for obj in value.objs)


def _is_text_test(facts: Facts, atom: Atom) -> bool:
    """``isinstance(name, str)``."""
    return (
        atom.op == "call" and atom.sense is True and "builtins.isinstance" in facts.library_names(atom.unit, atom.instr)
    )


def _is_json(facts: Facts, unit: Unit, step: Instr) -> bool:
    """Whether an instruction gives what JSON holds: texts, and objects where a text is meant."""
    if step.op in ("method", "attr"):
        name = str(step.extra[0] if step.op == "method" else step.extra)
        if name in ("get_json", "json"):
            return True
    if step.op == "param":
        annotation, _ = parameter(unit, str(step.extra))
        return annotation is not None and bool(_ANY_DICT.match(ast.unparse(annotation)))
    return bool(facts.library_names(unit, step) & calls_of(Role.JSON_PARSER).keys())


def _may_be_document(facts: Facts, site: CallSite) -> bool:
    """Whether the function reads JSON, so that a value may be an object where a text is meant."""
    return any(
        step.op in ("method", "attr")
        and str(step.extra[0] if step.op == "method" else step.extra) in ("get_json", "json")
        for step in facts.instructions(site.unit)
    )


def _languages(facts: Facts) -> Iterator[Defect]:
    """Filters of LDAP, paths of XML and queries of Neo4j that are put together, whatever the object that runs them."""
    for names_of, pattern, what, keeps in _LANGUAGES:
        for site in facts.calls(*names_of):
            if site.instr.op != "method" or site.path.partition(".")[0] in (*PATTERN_MODULES, "builtins"):
                continue
            for operand in site.instr.args[1:]:
                value = facts.value(site.unit, operand)
                pieces = facts.pieces(site.unit, operand)
                built = pieces.is_built and any(pattern.search(text) for text in pieces.literals)
                if not built or not facts.is_untrusted(value):
                    continue
                if keeps is None or not keeps(facts, site.unit, site.instr, operand):
                    yield Defect(site.instr, f"untrusted data is part of {what}", facts.trace(value))
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
    harmless=MARKUP,
    kinds=(Kind.XML, Kind.XPATH, Kind.LDAP, Kind.HEADER, Kind.CALL_XML, Kind.QUERY),
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
            *(name for row in _LANGUAGES for name in row[0]),
            *_MONGO_READERS,
            *(path.rpartition(".")[2] for path in _MATCHING),
        }
    ),
    yields_to=frozenset({"CWE-77", "CWE-79", "CWE-89", "CWE-94", "CWE-95", "CWE-601"}),
)
