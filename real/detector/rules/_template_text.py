"""The text of a template, read as its engine does: which expressions it has, what stands before each, what is raw.

Engines: Jinja and Django (``{{ x|safe }}``, ``{% autoescape false %}``), bottle (``{{!x}}``, lines with ``%``), tornado
(``{% raw x %}``, ``{% autoescape None %}``), Mako (``${x | h}``). Loops, ``with`` and ``set`` give names to parts of
what the template gets, so that an expression is traced to a name that is passed and the way from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from real.detector.models.kinds import Syntax
from real.detector.models.library import names
from real.detector.rules._unseen_escapers import is_html_escaper

ANY = "*"  # any element
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that the template gets, the keys and attributes that are read from it, and filters that it passes."""

    name: str
    path: Path
    filters: Path = ()


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression whose value is put into the page.

    ``before`` is the literal text before it, with ``x`` for each expression; ``is_escaped`` says whether the engine
    escapes here unless a filter says otherwise.
    """

    before: str
    references: tuple[Reference, ...]
    is_escaped: bool

    def raw(self) -> Iterator[Reference]:
        """The references whose text is put into the page as it is."""
        return (ref for ref in self.references if _outcome(ref.filters, is_escaped=self.is_escaped) == "raw")

    def escaped(self) -> Iterator[Reference]:
        """The references whose text is escaped for the text of an element, and for nothing else."""
        return (ref for ref in self.references if _outcome(ref.filters, is_escaped=self.is_escaped) == "escaped")


_LITERAL = re.compile(r"\{%-?\s*(raw|verbatim)\s*-?%\}.*?\{%-?\s*end\1\s*-?%\}|\{#.*?#\}", re.S)
_TOKENS = {
    Syntax.JINJA: re.compile(r"\{%[-+]?\s*(?P<do>.*?)\s*[-+]?%\}|\{\{[-+]?\s*(?P<show>.*?)\s*[-+]?\}\}", re.S),
    Syntax.BOTTLE: re.compile(r"(?m)^[ \t]*%(?!%)(?P<do>[^\n]*)$|<%(?P<code>.*?)%>|\{\{(?P<show>.*?)\}\}", re.S),
    Syntax.MAKO: re.compile(r"(?m)^[ \t]*%(?!%)(?P<do>[^\n]*)$|\$\{(?P<show>.*?)\}|<%(?P<code>[^>]*)>"),
}
_NAME = re.compile(
    r"(?<![\w.|])(?P<name>[A-Za-z_]\w*)(?P<rest>(?:\.\w+|\[\s*(?:'[^']*'|\"[^\"]*\"|\w+)\s*\]|\.get\(\s*['\"]\w+['\"])*)"
)
_STEP = re.compile(r"\.get\(\s*['\"](\w+)['\"]|\.(\w+)|\[\s*(?:'([^']*)'|\"([^\"]*)\"|(\w+))\s*\]")
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_LOOP = re.compile(r"(?:async\s+)?for\s+(?P<names>.+?)\s+in\s+(?P<over>.+?)(?:\s+if\s.*)?:?$", re.S)
_BINDING = re.compile(r"(?:set\s+|with\s+)?(?P<names>[A-Za-z_]\w*)\s*=(?!=)\s*(?P<over>.+)$", re.S)
_PIPE = re.compile(r"\|(?!\|)")
_WORDS = names("and or not in is if else none None true false True False loop self forloop range dict super cycler")
_ALTERNATIVES = re.compile(r"\bif\b.*?(?:\belse\b|$)")
# What the filters make: text that is safe in the text of an element and in an attribute with quotes, or anywhere.
_ESCAPING = names("e escape h entity")
_FORCING = names("forceescape force_escape")
_ANYWHERE = names(
    """int float length len count wordcount round abs filesizeformat tojson urlencode u striptags slugify date time
    dateformat floatformat escapejs pluralize yesno json_script linenumbers"""
)
_MARKING = names("safe n raw")
_NUMBER_OF_FILTERS = 8


def _outcome(filters: Path, *, is_escaped: bool) -> str:
    """What filters leave: ``raw``, ``escaped`` for the text of an element, or ``harmless``."""
    is_marked, is_clean = not is_escaped, False
    for name in filters:
        if name in _ANYWHERE:
            return "harmless"
        reads_text = not is_marked or not is_escaped  # what is marked as safe is not escaped again
        if name in _FORCING or (reads_text and (name in _ESCAPING or is_html_escaper(name))):
            is_clean = True
        elif name in _MARKING:
            is_marked = True
        elif name == "replace" and is_clean:
            is_clean = False
    return "raw" if is_marked and not is_clean else "escaped"


@dataclass(slots=True)
class _Scope:
    bound: dict[str, tuple[Reference, ...]] = field(default_factory=dict)
    escaping: list[bool] = field(default_factory=list)


def expressions(text: str, syntax: Syntax, *, escapes: bool) -> Iterator[Expression]:
    """The expressions of a template in their order; ``escapes``: what the engine does where the text does not say."""
    if syntax is Syntax.JINJA:
        text = _LITERAL.sub("", text)
    if syntax is Syntax.JINJA and re.search(r"\{%\s*autoescape\s+None", text):
        escapes = False
    if syntax is Syntax.MAKO and re.search(r"expression_filter\s*=\s*[\"'][^\"']*\bh\b", text):
        escapes = True
    scope = _Scope(escaping=[escapes])
    before, end = "", 0
    for token in _TOKENS[syntax].finditer(text):
        before += text[end : token.start()]
        end = token.end()
        shown, statement = token.group("show"), token.group("do")
        is_escaped = scope.escaping[-1]
        if statement is not None and re.match(r"raw\s+\S", statement):
            shown, is_escaped = statement[3:], False  # tornado
        if shown is not None:
            if syntax is Syntax.BOTTLE and shown.startswith("!"):
                shown, is_escaped = shown[1:], False
            yield Expression(before, tuple(_references(shown, scope.bound)), is_escaped)
            before += "x"
        elif statement is not None:
            _do(statement, scope)


def _do(statement: str, scope: _Scope) -> None:
    """A statement that gives names, or switches escaping."""
    statement = statement.strip()
    if statement.startswith("autoescape"):
        scope.escaping.append(not re.search(r"\b(?:false|off|None)\b", statement))
    elif statement.startswith("endautoescape") and len(scope.escaping) > 1:
        scope.escaping.pop()
    elif (found := _LOOP.match(statement)) is not None:
        over = tuple(Reference(r.name, (*r.path, ANY), r.filters) for r in _references(found["over"], scope.bound))
        for name in re.findall(r"\w+", found["names"]):
            scope.bound[name] = over
    elif (found := _BINDING.match(statement)) is not None:
        scope.bound[found["names"]] = tuple(_references(found["over"], scope.bound))


def _references(text: str, bound: dict[str, tuple[Reference, ...]]) -> Iterator[Reference]:
    """The names in an expression, each with the filters that follow it."""
    hidden = _TEXT.sub(lambda found: '"' + "x" * (len(found.group()) - 2) + '"', text)
    starts = [found.start() for found in _PIPE.finditer(hidden)]
    cut = [text[a:b] for a, b in zip([0, *(s + 1 for s in starts)], [*starts, len(text)], strict=True)]
    head = _ALTERNATIVES.sub(" ", cut[0])
    parts = [re.match(r"[\s\w,]*", part) for part in cut[1:]]
    filters = tuple(
        name for part in parts[:_NUMBER_OF_FILTERS] if part is not None for name in re.findall(r"\w+", part.group())
    )
    for found in _NAME.finditer(head):
        quoted = any(t.start() < found.start() < t.end() for t in _TEXT.finditer(head))
        if quoted or found["name"] in _WORDS:
            continue
        path = tuple(next(filter(None, step), "") for step in _STEP.findall(found["rest"]))
        is_called = head[found.end() : found.end() + 1] == "(" and not path
        if is_called:
            filters = (found["name"], *filters)  # escape(x) does what the filter does
            continue
        if found["name"] in bound:
            for ref in bound[found["name"]]:
                yield Reference(ref.name, (*ref.path, *path), (*ref.filters, *filters))
        else:
            yield Reference(found["name"], path, filters)
