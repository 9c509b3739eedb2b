"""Lines and columns as Python counts them, and text that is safe to print."""

from __future__ import annotations

import re

_END = re.compile(r"\r\n|\r|\n")


def split(code: str) -> list[str]:
    """The lines of a source; unlike ``str.splitlines``, a form feed or U+2028 ends none."""
    return _END.split(code)


def characters(line: str, column: int) -> int:
    """The column in characters that ``ast`` gives in bytes of UTF-8."""
    if line.isascii():
        return column
    return len(line.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))


def printable(text: str) -> str:
    """``text`` on one line, without what would move the cursor, colour the terminal or turn the writing direction."""
    text = text.replace("\t", " ")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
