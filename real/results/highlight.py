"""Python source as coloured HTML (pygments). The source is a model's: broken, cut off or hostile, and all escaped."""

from __future__ import annotations

from collections.abc import Collection

from pygments import highlight as pygmentize
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

# Line numbers have to agree with those of the findings: no line is stripped or added.
_LEXER = PythonLexer(stripnl=False, ensurenl=False)
_FORMATTER = HtmlFormatter(nowrap=True)  # the report's style sheet colours pygments' short class names


def highlight(code: str, marked: Collection[int] = ()) -> str:
    """HTML of the source, one ``<span class="line">`` a line; 1-based ``marked`` lines have the class ``marked``.

    Everything that comes from ``code`` is escaped; nothing else in the result depends on it.
    """
    # pygments closes its spans at each line end, so that lines can be told apart in its output.
    lines = pygmentize(code, _LEXER, _FORMATTER).split("\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    return "".join(
        f'<span class="line{" marked" if number in marked else ""}">{line or " "}</span>'
        for number, line in enumerate(lines, 1)
    )
