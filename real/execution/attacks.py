"""SQL injection: which lines of an input are an attack, what is harmless in their place, and what an output shows."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

_MIN_SECRET = 3  # characters; shorter texts appear in outputs by chance

# What gives SQL in a value away: quotes (not that of O'Brien), brackets, ends of statements, comments, comparisons, and
# words. A single word, or an operator, is a value: programs have users choose among these.
_VALUE = re.compile(r"\s*(?:\w+|[<>=!]{1,2})\s*")
_QUOTE = re.compile("['\"`]")
_SQL = re.compile(
    r"""(?<!\w)'|'(?!\w)|["`();=<>]|--|/\*"""
    r"|\b(?:alter|and|begin|case|create|delete|drop|except|exists|from|having|insert|intersect|or|select|union|update|values|where)\b",
    re.IGNORECASE,
)
_MARK = "!"  # no SQL, and sorts as the quotes and brackets do in whose place it stands: before letters and digits
_LITERAL = re.compile(r"""(?<=['"])[^'"]*[^\W\d_]{3}[^'"]*(?=['"])""")
_NUMBER = re.compile(r"(?<![A-Za-z_])\d+(?:[.,]\d+)*")  # not the 3 of sqlite3


def secrets_of(dump: bytes) -> frozenset[str]:
    """Every stored value of a database dump, as text, and its schema, that is long enough to be recognised."""
    found: set[str] = set()
    for database in _content(dump).values():
        parts = database or {}
        found.update(str(sql) for *_, sql in parts.get("schema", ()) if sql is not None)
        for rows in parts.get("tables", {}).values():
            found.update(str(cell) for row in rows for cell in row if cell is not None)
    return frozenset(text for text in found if len(text) >= _MIN_SECRET)


def _content(dump: bytes) -> dict[str, Any]:
    content = json.loads(dump)
    return content if isinstance(content, dict) else {}


def shown(output: str, secrets: frozenset[str]) -> frozenset[str]:
    """The stored values that an output shows, and the numbers in it: a count or a sum gives data away, too."""
    return frozenset(secret for secret in secrets if secret in output) | frozenset(_NUMBER.findall(output))


def inert_word(key: Iterable[str]) -> str:
    """A word that no database holds, made from ``key``."""
    digest = hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).digest()
    return "".join(chr(ord("a") + byte % 26) for byte in digest[:12])


def harmless_input(stdin: str, word: str) -> str | None:
    """The input with a harmless text in the place of every line that holds an attack, or ``None`` without such a line.

    The text begins as the attack does, before the first sign of SQL, and ends in ``word``: ``0!qkz…`` for ``0 OR 1=1``,
    ``2024-01-01!qkz…`` for ``2024-01-01' --``. So it is no number either, equals nothing that is stored, and sorts
    among stored values as the attack does.
    """
    lines = stdin.split("\n")
    harmless = [_harmless_line(line, word) for line in lines]
    return None if harmless == lines else "\n".join(harmless)


def _harmless_line(line: str, word: str) -> str:
    if not _is_attack(line):
        return line
    beginning = min(found.start() for found in (_SQL.search(line), _QUOTE.search(line)) if found is not None)
    return f"{line[:beginning].rstrip()}{_MARK}{word}"


def _is_attack(line: str) -> bool:
    return _SQL.search(line) is not None and not _VALUE.fullmatch(line)


def forged(output: str, stdin: str) -> frozenset[str]:
    """The texts that an attack would have a query return, ``'Injected'`` of ``UNION SELECT 1, 'Injected'``, and that
    an output shows; a program that repeats the whole line of its input shows none of them.
    """
    found: set[str] = set()
    for line in filter(_is_attack, stdin.split("\n")):
        rest = _plain(output).replace(_plain(line.strip()), "")
        found.update(text for text in _LITERAL.findall(line) if _plain(text) in rest)
    return frozenset(found)


def _plain(text: str) -> str:
    """Without what printing a text as a literal, or in another case, alters."""
    return text.replace("\\", "").casefold()


def same_change(state: bytes, harmless: bytes, stdin: str, word: str) -> bool:
    """Whether a database was changed as by the harmless input: the attack's text is stored where the other one is."""
    for line in filter(_is_attack, stdin.split("\n")):
        text = _written(_harmless_line(line, word))
        if text in harmless and state in (harmless.replace(text, _written(form)) for form in (line, line.strip())):
            return True
    return False


def _written(text: str) -> bytes:
    return json.dumps(text)[1:-1].encode()
