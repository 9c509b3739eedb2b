"""Every row of a model is reached by the analysis: a program written from the row is judged as the row says.

A row that no program reaches is a silent miss (a misspelt name, a kind that no rule asks for), so each has its own.
"""

from collections.abc import Iterator

import pytest

from real.detector import scan
from real.detector.models.catalogue import calls_of, libraries, modules_of, settings_of, sources
from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Sanitizer, Sink, Source, spelled
from real.detector.models.when import Given, IsHtml, May, Truthy
from real.detector.rules import all_rules, extended_rules

SINKS = [row for library in libraries() for row in library.rows if isinstance(row, Sink)]
SANITIZERS = [row for library in libraries() for row in library.rows if isinstance(row, Sanitizer)]
SINK_APIS = {row.api for row in SINKS}
ALL = tuple(rule.cwe for rule in (*all_rules(), *extended_rules()))
RULE_OF = {kind: rule.cwe for rule in (*all_rules(), *extended_rules()) for kind in rule.kinds}


def named(row: Sink | Sanitizer | Source) -> str:
    return row.api


def expression(api: str) -> tuple[str, str]:
    """The import that a qualified name needs, and how it is written: ``**`` is any way there."""
    root, found, name = api.rpartition("**.")
    if not found:
        module = api.split("()")[0].rpartition(".")[0]
        return (f"import {module}" if module not in ("", "builtins") else "", api.removeprefix("builtins."))
    if not root:
        return "", f"thing.{name}"
    root = root.removesuffix(".")
    if root.startswith("**."):
        return "import app.models", f"app.models.Note.{root[3:]}.{name}"
    module = root.split("()")[0]
    if "()" in root:
        return f"import {module.rpartition('.')[0]}", f"{root}.{name}"
    return f"import {module}", f"{module}.connect().{name}"


def call(row: Sink, data: str) -> str:
    """The call that a row warns of."""
    _, function = expression(row.api)
    argument = row.arguments[0]
    given = []
    if argument.position is None:
        given.append(f"{argument.name}={data}")
    else:
        given += [*["None"] * argument.position, data]
    if isinstance(row.when, Given):
        given.append(f"{row.when.argument.name}=lxml.etree.XMLParser(resolve_entities=True)")
    elif isinstance(row.when, Truthy):
        given.append(f"{row.when.argument.name}=True")
    elif isinstance(row.when, May):
        given.append(f"{row.when.argument.name}={row.when.constants[0]!r}")
    elif isinstance(row.when, IsHtml) and not row.when.default:
        given.append(f"{row.when.arguments[0].name}='text/html'")
    return f"{function}({', '.join(given)})"


SAX = """import xml.sax
def handler(data):
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    parser.parse(data)
"""


def program(row: Sink, data: str = "data", extra: str = "") -> str:
    """A function that is called from outside and hands a parameter on."""
    if row.api == "xml.sax.make_parser().parse":
        return SAX
    if row.kind in (Kind.PATH, Kind.CALLED_NAMES):  # only what a request sends counts
        extra, data = "import flask\napp = flask.Flask(__name__)\n@app.get('/<data>')", "data"
    lines = [expression(row.api)[0], extra, "def handler(data, thing):", f"    return {call(row, data)}"]
    return "\n".join(line for line in lines if line) + "\n"


def reported(code: str) -> set[str]:
    analysis = scan(code, select=ALL)
    assert analysis.status.value in ("clean", "findings", "partial"), analysis.reason
    return {finding.rule for finding in analysis.findings}


def test_every_kind_has_a_rule_and_a_row() -> None:
    assert {row.kind for row in SINKS} == set(RULE_OF) - UNUSED
    assert set(RULE_OF) == set(Kind)


def test_every_role_has_a_row() -> None:
    assert all(calls_of(role) or settings_of(role) or modules_of(role) for role in Role)


UNUSED = {Kind.XML}  # text that is returned as XML: no call reads it; its sanitizers are rows


@pytest.mark.parametrize("row", SINKS, ids=named)
def test_sink(row: Sink) -> None:
    assert RULE_OF[row.kind] in reported(program(row)), program(row)


# A sink of each kind that has sanitizers, to show that what they return is safe there.
READERS = {
    Kind.SQL: "thing.execute({})",
    Kind.SHELL: "os.system({})",
    Kind.HTML: "flask.make_response({})",
    Kind.LDAP: "thing.search_s(None, None, {})",
    Kind.EVAL: "eval({})",
    Kind.REGEX: "re.compile({})",
    Kind.PICKLE: "pickle.loads({})",
    Kind.REDIRECT: "flask.redirect({})",
    Kind.URL: "requests.get({})",
    Kind.PATH: "open({})",
    Kind.XML: "'<note>' + str({}) + '</note>'",
}
IMPORTS = "import flask, os, pickle, re, requests\n"


def sanitized() -> Iterator[tuple[Sanitizer, Kind]]:
    for row in SANITIZERS:
        for kind in row.kinds:
            yield row, kind


def read(row: Sanitizer, kind: Kind, *, cleaned: bool) -> str:
    """A program that hands a parameter to a reader of the kind, through the sanitizer or as it is."""
    module, function = expression(row.api)
    route = "app = flask.Flask(__name__)\n@app.get('/<data>')\n" if kind is Kind.PATH else ""
    # where the first argument is a sink of its own, as the format string of format_html(), data come second
    given = "'{}', data" if row.api in SINK_APIS else "data"
    passed = f"{function}({given})" if cleaned else "data"
    return f"{IMPORTS}{module}\n{route}def handler(data, thing):\n    return {READERS[kind].format(passed)}\n"


@pytest.mark.parametrize(("row", "kind"), list(sanitized()), ids=lambda part: getattr(part, "api", str(part)))
def test_sanitizer(row: Sanitizer, kind: Kind) -> None:
    assert RULE_OF[kind] in reported(read(row, kind, cleaned=False)), "the reader is a sink of the rule"
    assert RULE_OF[kind] not in reported(read(row, kind, cleaned=True))


def use(row: Source) -> str:
    """A program that evaluates what a source gives."""
    module, expr = expression(row.api)
    return f"{module}\neval({expr})\n"


@pytest.mark.parametrize("row", sources().values(), ids=named)
def test_source(row: Source) -> None:
    assert "CWE-95" in reported(use(row))


def test_names_with_braces_are_spelled_out() -> None:
    assert spelled("a.{b,c()}.d", "e") == ["a.b.d", "a.c().d", "e"]
    assert spelled("x.{a,}{b,c}") == ["x.ab", "x.ac", "x.b", "x.c"]
    for wrong in ((), ("a.{b",)):
        with pytest.raises(ValueError, match=r"no api is named|not closed"):
            spelled(*wrong)
