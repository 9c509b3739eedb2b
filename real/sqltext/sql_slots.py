"""Where inserted values stand in the SQL text of a query: inside quotes, as a value, or as a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from real.sqltext.string_parts import Hole, Piece, Text


class Place(StrEnum):
    """The syntactic role of a hole outside of quotes: a value, a list of values, a column, a table, …"""

    VALUE = "value"
    LIST = "list"  # all there is between the parentheses of IN (…)
    COLUMN = "column"
    TABLE = "table"
    DIRECTION = "direction"
    OPERATOR = "operator"
    CLAUSE = "clause"  # a whole condition


@dataclass(frozen=True)
class Slot:
    """A hole and its place; ``quoted`` are the pieces of a quoted text that has holes (then ``place`` is VALUE)."""

    place: Place
    quoted: tuple[Piece, ...] | None = None
    hole: Hole | None = None


@dataclass(frozen=True)
class Mark:
    """A placeholder (``?``) that the query has already."""


Token: TypeAlias = Text | Slot | Mark

_VALUE_BEFORE = re.compile(
    r"(?:=|<|>|\+|-|\*|/|\|\||\b(?:LIKE|GLOB|LIMIT|OFFSET|BETWEEN|THEN|ELSE|VALUES\s*\(|IS|NOT|MATCH))\s*\(?\s*$", re.I
)
_IN_BEFORE = re.compile(r"\bIN\s*\(\s*$", re.I)
_BETWEEN_AND = re.compile(r"\bBETWEEN\s+\S+(?:\s+\S+)?\s+AND\s*$", re.I)
_TABLE_BEFORE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+$", re.I)
_ORDER = re.compile(r"\bORDER\s+BY\s+[^()]*$", re.I)
_CLAUSE_BEFORE = re.compile(r"\b(?:WHERE|HAVING|ON|AND|OR)\s+\(?\s*$", re.I)
_NAME_END = re.compile(r"[\w\]\"]\s+$")
_KEYWORD_END = re.compile(r"\b(?:SELECT|DISTINCT|BY|WHERE|AND|OR|ON|HAVING|SET|FROM|ASC|DESC|NOT|CASE|WHEN)\s+$", re.I)
_OPERATOR_AFTER = re.compile(r"\s*(?:=|<|>|!=|\bLIKE\b|\bIN\b|\bBETWEEN\b|\bIS\b|\bGLOB\b)", re.I)


class UnbalancedError(Exception):
    """A quoted SQL string begins in one expression and ends in another, or never."""


def tokens(parts: Sequence[Piece]) -> list[Token]:  # noqa: PLR0912, PLR0915 - one scanner, read top to bottom
    """Text and slots, in order; raises ``UnbalancedError``."""
    found: list[Token] = []
    quote, quoted = "", list[Piece]()
    plain = ""
    seen = ""  # all text before, holes as ``0``: what the place of the next hole is told by

    def flush() -> None:
        nonlocal plain
        if plain:
            found.append(Text(plain))
            plain = ""

    for number, part in enumerate(parts):
        if isinstance(part, Hole):
            if quote:
                quoted.append(part)
            else:
                flush()
                after = "".join(p.text if isinstance(p, Text) else "0" for p in parts[number + 1 :])
                found.append(Slot(place_of(seen, after), hole=part))
                seen += "0"
            continue
        at = 0
        while at < len(part.text):
            mark = part.text[at]
            if quote:
                if mark == quote and part.text[at + 1 : at + 2] == quote:
                    quoted.append(Text(mark))
                    at += 1
                elif mark == quote:
                    if any(isinstance(piece, Hole) for piece in quoted):
                        flush()
                        found.append(Slot(Place.VALUE, quoted=_joined(quoted)))
                        seen += "0"
                    else:
                        text = "".join(p.text for p in quoted if isinstance(p, Text)).replace(quote, quote * 2)
                        plain += f"{quote}{text}{quote}"
                        seen += "0"
                    quote, quoted = "", []
                else:
                    quoted.append(Text(mark))
            elif mark in "'\"":
                quote = mark
            elif mark == "?":
                flush()
                found.append(Mark())
                seen += "0"
            else:
                plain += mark
                seen += mark
            at += 1
    if quote:
        raise UnbalancedError("a quote is left open")
    flush()
    return found


def place_of(before: str, after: str) -> Place:  # noqa: PLR0911 - one return a place
    """The role of what stands between two stretches of SQL, judged by a few words on either side."""
    if _IN_BEFORE.search(before) and after.lstrip().startswith(")"):
        return Place.LIST
    if _TABLE_BEFORE.search(before):
        return Place.TABLE
    if _BETWEEN_AND.search(before) or (_VALUE_BEFORE.search(before) and not _star_only(before)):
        return Place.VALUE
    if re.search(r",\s*$", before) and re.search(r"\b(?:VALUES|IN|LIMIT)\s*\(?[^()]*$", before, re.I):
        return Place.VALUE
    if _ORDER.search(before) and _NAME_END.search(before) and not _KEYWORD_END.search(before):
        return Place.DIRECTION
    if _CLAUSE_BEFORE.search(before) and not _OPERATOR_AFTER.match(after) and not re.match(r"\s*0", after):
        return Place.CLAUSE
    if _NAME_END.search(before) and not _KEYWORD_END.search(before) and re.match(r"\s*[\w'(]", after):
        return Place.OPERATOR
    return Place.COLUMN if before.strip() else (Place.COLUMN if _OPERATOR_AFTER.match(after) else Place.CLAUSE)


def _star_only(before: str) -> bool:
    return re.search(r"\bSELECT\s+\*\s*$", before, re.I) is not None


def _joined(parts: list[Piece]) -> tuple[Piece, ...]:
    merged: list[Piece] = []
    for part in parts:
        if isinstance(part, Text) and merged and isinstance(last := merged[-1], Text):
            merged[-1] = Text(last.text + part.text)
        else:
            merged.append(part)
    return tuple(merged)
