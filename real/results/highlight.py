"""Python source as coloured HTML. The source is a model's: broken, cut off or hostile, and escaped piece by piece."""

from __future__ import annotations

import builtins
import html
import keyword
import re
from collections.abc import Collection

# Tried in this order at each place; an unfinished string runs to the end of its line (or of the file, if triple).
_TOKENS = re.compile(
    r"""
      (?P<comment> \#[^\n]* )
    | (?P<string>  (?:\b[rRbBuUfF]{1,2})? (?: \"{3}(?:\\.|(?!\"{3}).)*(?:\"{3}|\Z) | '{3}(?:\\.|(?!'{3}).)*(?:'{3}|\Z)
                     | "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'? ) )
    | (?P<number>  \b\d[\w.]* )
    | (?P<name>    [^\W\d]\w* )
    """,
    re.VERBOSE | re.DOTALL,
)
_BUILTINS = frozenset(name for name in dir(builtins) if name.islower())


def highlight(code: str, marked: Collection[int] = ()) -> str:
    """HTML of the source, one ``<span class="l">`` a line; 1-based ``marked`` lines have the class ``m`` as well.

    Everything that comes from ``code`` is escaped; nothing else in the result depends on it.
    """
    # A carriage return or form feed is no line for the eye, so that line numbers agree with those of the findings.
    text = code.replace("\r\n", "\n").replace("\r", "\n")
    lines = _pieces(text).split("\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    shown = [
        f'<span class="l{" m" if number in marked else ""}">{line or " "}</span>'
        for number, line in enumerate(lines, 1)
    ]
    return "".join(shown)


def _pieces(text: str) -> str:
    out, at = [], 0
    for match in _TOKENS.finditer(text):
        out.append(html.escape(text[at : match.start()]))
        out.append(_coloured(match.group(), _kind(match)))
        at = match.end()
    out.append(html.escape(text[at:]))
    return "".join(out)


def _kind(match: re.Match[str]) -> str:
    name = match.lastgroup or ""
    if name != "name":
        return name[0]  # c, s, n: the classes of the style sheet
    word = match.group()
    if keyword.iskeyword(word):
        return "k"
    return "b" if word in _BUILTINS else ""


def _coloured(text: str, kind: str) -> str:
    """The piece in a span of its class; a piece of several lines gets one span a line."""
    escaped = html.escape(text)
    if not kind:
        return escaped
    return "\n".join(f'<span class="{kind}">{part}</span>' if part else "" for part in escaped.split("\n"))
