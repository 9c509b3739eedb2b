"""String literals as Python 3.12 delimits them: in an f-string, a replacement field may hold any expression (PEP 701).

Older tokenizers end ``f"{d["k"]}"`` at the second quote. This scanner finds where a literal really ends, and takes an
f-string apart into its literal pieces and its fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

PREFIX = re.compile(r"([A-Za-z]{0,2})(\"\"\"|'''|\"|')")
_OPENING, _CLOSING = "([{", ")]}"
_PREFIXES = frozenset({"", "r", "u", "b", "br", "rb", "f", "fr", "rf", "t", "tr", "rt"})


class ScanError(ValueError):
    """The text is no Python of any version that this scanner knows."""


@dataclass(slots=True)
class Field:
    """A replacement field: where its expression stands, the conversion, the format, the text of ``{x=}``."""

    start: int
    end: int
    conversion: str = ""
    spec: list[Piece] | None = None
    shown: str = ""


@dataclass(slots=True)
class Literal:
    """One string literal; ``pieces`` are those of an f-string."""

    start: int
    end: int
    prefix: str
    quote: str
    pieces: list[Piece] = field(default_factory=list)

    @property
    def is_formatted(self) -> bool:
        """Whether it is an f-string."""
        return "f" in self.prefix

    @property
    def is_template(self) -> bool:
        """Whether it is a template string (PEP 750)."""
        return "t" in self.prefix


Piece: TypeAlias = "tuple[int, int] | Field"


def literal_at(code: str, start: int) -> Literal | None:
    """The string literal that begins at ``start``, if one does there."""
    match = PREFIX.match(code, start)
    if match is None or match[1].lower() not in _PREFIXES:
        return None
    found = Literal(start, start, match[1].lower(), match[2])
    if found.is_formatted or found.is_template:
        found.pieces, found.end = _pieces(code, match.end(), found, in_spec=False)
    else:
        found.end = _end_of_plain(code, match.end(), found.quote)
    return found


def _end_of_plain(code: str, at: int, quote: str) -> int:
    while at < len(code):
        if code[at] == "\\":
            at += 2
        elif code.startswith(quote, at):
            return at + len(quote)
        elif code[at] == "\n" and len(quote) == 1:
            break
        else:
            at += 1
    raise ScanError("a string without an end")


def _pieces(code: str, at: int, literal: Literal, *, in_spec: bool) -> tuple[list[Piece], int]:
    """The pieces from ``at`` on, and where what holds them ends: behind the quote, or at the brace of a field."""
    found: list[Piece] = []
    begin = at
    while at < len(code):
        char = code[at]
        if char == "\\":
            at = _behind_escape(code, at, "r" in literal.prefix)
        elif char in "{}" and not in_spec and code.startswith(char * 2, at):
            at += 2
        elif char == "{":
            found.append((begin, at))
            replaced, at = _field(code, at + 1, literal)
            found.append(replaced)
            begin = at
        elif (char == "}" and in_spec) or (not in_spec and code.startswith(literal.quote, at)):
            found.append((begin, at))
            return found, at + (0 if in_spec else len(literal.quote))
        elif char == "}" or (char == "\n" and len(literal.quote) == 1):
            break
        else:
            at += 1
    raise ScanError("an f-string without an end")


def _behind_escape(code: str, at: int, is_raw: bool) -> int:
    if code.startswith("\\N{", at) and not is_raw:
        end = code.find("}", at)
        return end + 1 if end > 0 else len(code)
    return at + (1 if code[at + 1 : at + 2] in ("{", "}") else 2)


def _field(code: str, at: int, literal: Literal) -> tuple[Field, int]:
    """The field whose expression begins at ``at``, and where what follows it begins."""
    found = Field(at, at)
    found.end = at = end_of_expression(code, at, "!:=}")
    if code[at] == "=":
        at += 1
        while code[at : at + 1].isspace():
            at += 1
        found.shown = code[found.start : at]
    if code[at] == "!":
        found.conversion = code[at + 1]
        at += 2
        while code[at : at + 1].isspace():
            at += 1
    if code[at : at + 1] == ":":
        found.spec, at = _pieces(code, at + 1, literal, in_spec=True)
    if code[at : at + 1] != "}":
        raise ScanError("a replacement field without an end")
    return found, at + 1


def end_of_expression(code: str, at: int, stops: str) -> int:
    """Where the first of the ``stops`` stands outside of brackets, strings and comments."""
    depth = 0
    while at < len(code):
        char = code[at]
        if depth == 0 and char in stops and not _is_operator(code, at):
            return at
        at = behind(code, at)
        depth += (char in _OPENING) - (char in _CLOSING)
        if depth < 0:
            break
    raise ScanError("brackets that do not match")


def _is_operator(code: str, at: int) -> bool:
    """``!=``, ``==``, ``<=``, ``>=``: no end of an expression."""
    if code[at] == "!":
        return code[at + 1 : at + 2] == "="
    return code[at] == "=" and (code[at + 1 : at + 2] == "=" or code[at - 1] in "!=<>")


def behind(code: str, at: int) -> int:
    """The place behind the string, comment, word or character at ``at``."""
    char = code[at]
    if char == "#":
        end = code.find("\n", at)
        return len(code) if end < 0 else end
    if char in "\"'" or char.isidentifier():
        literal = literal_at(code, at)
        if literal is not None:
            return literal.end
    end = at + 1
    if char.isidentifier():
        while end < len(code) and (code[end].isidentifier() or code[end].isdecimal()):
            end += 1
    return end
