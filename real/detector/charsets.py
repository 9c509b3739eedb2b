"""Which characters can change an SQL statement, and which texts and patterns keep them out."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import Any, TypeAlias

from real.detector.values import CHAR, Value

ParsedItem: TypeAlias = Any  # (opcode, argument): the parser is not typed
_PARSER: Any = re._parser  # type: ignore[attr-defined]  # the standard library's own pattern parser
_SAFE_PUNCTUATION = frozenset("_.:@+-,")


def safe_text(const: object) -> bool:
    """Whether a constant has no character that means something in SQL."""
    text = const.decode("latin-1") if isinstance(const, bytes) else str(const)
    return all(_safe_char(ord(char)) for char in text)


def may_spell(value: Value) -> bool:
    """Whether arbitrary text could be put together from such pieces: single characters that are not all harmless."""
    if value.consts is None:
        return bool(value.kind & CHAR)
    return any(isinstance(const, (str, bytes)) and len(const) == 1 and not safe_text(const) for const in value.consts)


def _parse(pattern: str) -> ParsedItem:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # doubtful patterns in the analysed program are no concern of the caller
        try:
            return _PARSER.parse(pattern)
        except (re.error, RecursionError, OverflowError):
            return None


@lru_cache(maxsize=512)
def strict_pattern(pattern: str, method: str) -> bool:
    """Whether a match means that the whole text has no quote, blank, semicolon or operator in it."""
    parsed = _parse(pattern)
    if parsed is None or parsed.state.flags & ~(re.UNICODE | re.ASCII | re.IGNORECASE).value:
        return False
    items = list(parsed)
    starts = bool(items) and _is_anchor(items[0], "AT_BEGINNING", "AT_BEGINNING_STRING")
    ends = bool(items) and _is_anchor(items[-1], "AT_END", "AT_END_STRING")
    anchored = {"fullmatch": True, "match": ends, "search": starts and ends}[method]
    return anchored and all(_safe_item(item) for item in items)


@lru_cache(maxsize=512)
def keeps_only_digits(pattern: str) -> bool:
    """Whether removing all matches of ``pattern`` leaves digits only. (Stripping anything less is no sanitizer.)"""
    parsed = _parse(pattern)
    items = list(parsed or ())
    if parsed is None or len(items) != 1 or parsed.state.flags & ~(re.UNICODE | re.ASCII).value:
        return False
    op, arg = str(items[0][0]), items[0][1]
    if op == "MAX_REPEAT" and arg[0] == 1 and len(arg[2]) == 1:
        op, arg = str(arg[2][0][0]), arg[2][0][1]
    if op != "IN":
        return False
    members = list(arg)
    if len(members) == 1 and str(members[0][1]) == "CATEGORY_NOT_DIGIT":
        return True
    return str(members[0][0]) == "NEGATE" and all(_digit_member(member) for member in members[1:])


def _digit_member(member: ParsedItem) -> bool:
    op, arg = str(member[0]), member[1]
    if op == "RANGE":
        return bool(ord("0") <= arg[0] <= arg[1] <= ord("9"))
    return op == "CATEGORY" and str(arg) == "CATEGORY_DIGIT"


def _is_anchor(item: ParsedItem, *names: str) -> bool:
    return str(item[0]) == "AT" and str(item[1]) in names


def _safe_item(item: ParsedItem) -> bool:  # noqa: PLR0911
    op, arg = str(item[0]), item[1]
    if op == "AT":
        return True
    if op == "LITERAL":
        return _safe_char(arg)
    if op == "IN":
        return all(_safe_member(member) for member in arg)
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return all(_safe_item(inner) for inner in arg[2])
    if op == "SUBPATTERN":
        return all(_safe_item(inner) for inner in arg[3])
    if op == "BRANCH":
        return all(_safe_item(inner) for branch in arg[1] for inner in branch)
    return False


def _safe_member(member: ParsedItem) -> bool:
    op, arg = str(member[0]), member[1]
    if op == "LITERAL":
        return _safe_char(arg)
    if op == "RANGE":
        return arg[1] - arg[0] < 128 and all(_safe_char(code) for code in range(arg[0], arg[1] + 1))
    return op == "CATEGORY" and str(arg) in ("CATEGORY_DIGIT", "CATEGORY_WORD")


def _safe_char(code: int) -> bool:
    char = chr(code)
    return char.isalnum() or char in _SAFE_PUNCTUATION
