"""Which characters mean something to an interpreter, and which texts and patterns keep them out.

Patterns are read with the standard library's own parser, so that what they admit is decided by structure.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from real.detector.analysis.values import CHAR, Value
from real.detector.analysis.witness import every

ParsedItem: TypeAlias = Any  # (opcode, argument): the parser is not typed
_PARSER: Any = re._parser  # type: ignore[attr-defined]  # the standard library's own pattern parser
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_SEPARATORS = ",."
_FIXED_FLAGS = re.UNICODE | re.ASCII | re.IGNORECASE
# Flags with which a pattern admits no other than letters in place of letters; what they are in a program.
_PLAIN_FLAGS = frozenset(
    f"{module}.{flag}" for module in ("re", "regex") for flag in ("IGNORECASE", "I", "ASCII", "A", "UNICODE", "U")
)
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_NOT_DIGIT": lambda char: not char.isdigit(),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda char: not char.isspace(),
    "CATEGORY_WORD": lambda char: char.isalnum() or char == "_",
    "CATEGORY_NOT_WORD": lambda char: not (char.isalnum() or char == "_"),
}
# Stand-ins for everything beyond ASCII: a letter, a digit, a blank, a symbol
_PROBES = (*(chr(code) for code in range(128)), "\u00e9", "\u0663", "\u2028", "\u2260")


@dataclass(frozen=True, slots=True)
class Charset:
    """The characters that are harmless to one interpreter.

    Either what is ``dangerous`` is listed and all else is harmless, or (where ``dangerous`` is empty) only digits,
    ``letters``, ``blanks`` and the listed ``punctuation`` are. Refusing other text is stricter than stripping it: where
    ``strips_to_digits``, text that was stripped of the rest is harmless only if nothing but digits is left, because
    what is left of other text is still the author's choice (a column, a keyword). Where ``fixed_words``, a pattern may
    have blanks before words of its own (``\\w+(\\s+(asc|desc))?``) and after punctuation (``\\w+(,\\s*\\w+)*``).
    """

    punctuation: str = ""
    letters: bool = True
    dangerous: str = ""
    strips_to_digits: bool = False
    blanks: bool = False
    fixed_words: bool = False

    def harmless(self, char: str) -> bool:
        """Whether the character means nothing to the interpreter."""
        if self.dangerous:
            return char not in self.dangerous
        return (
            char.isdigit()
            or (self.letters and char.isalnum())
            or (self.blanks and char.isspace())
            or char in self.punctuation
        )

    def harmless_text(self, const: object) -> bool:
        """Whether a constant consists of harmless characters."""
        text = const.decode("latin-1") if isinstance(const, bytes) else str(const)
        return not any(not self.harmless(char) for char in text)  # an empty text is harmless


SQL = Charset("_.:@+-,", strips_to_digits=True, fixed_words=True)
_DIGITS = Charset(letters=False)


def safe_text(const: object) -> bool:
    """Whether a constant has no character that means something in SQL, the pickiest of the interpreters."""
    return SQL.harmless_text(const)


def may_spell(value: Value) -> bool:
    """Whether arbitrary text could be put together from such pieces: single characters that are not all harmless."""
    if value.consts is None:
        return bool(value.kind & CHAR)
    return any(isinstance(const, (str, bytes)) and len(const) == 1 and not safe_text(const) for const in value.consts)


def are_plain_flags(value: Value) -> bool:
    """Whether flags change nothing of what a pattern keeps out: ``re.IGNORECASE``, ``re.ASCII``."""
    return bool(value.objs) and every(obj.kind == "api" and obj.name in _PLAIN_FLAGS for obj in value.objs)


def parse_pattern(pattern: str) -> ParsedItem:
    """The standard library's parse of a regular expression, or ``None`` if it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # doubtful patterns in the analysed program are no concern of the caller
        try:
            return _PARSER.parse(pattern)
        except (re.error, RecursionError, OverflowError):
            return None


@lru_cache(maxsize=512)
def admits_only(pattern: str, method: str, charset: Charset) -> bool:
    """Whether a match (by ``fullmatch``, ``match`` or ``search``) means that the whole text is harmless."""
    items = is_whole_match(pattern, method)
    return items is not None and _are_within(items, charset)


def is_whole_match(pattern: str, method: str) -> list[ParsedItem] | None:
    """The items of a pattern that, matched by ``method``, is matched by the whole text; ``None`` if it may be by less.

    Anchors at the ends are left out, but where they are all that there is.
    """
    parsed = parse_pattern(pattern)
    if parsed is None or parsed.state.flags & ~_FIXED_FLAGS.value:
        return None
    items = list(parsed)
    starts = bool(items) and _is_anchor(items[0], "AT_BEGINNING", "AT_BEGINNING_STRING")
    ends = bool(items) and _is_anchor(items[-1], "AT_END", "AT_END_STRING")
    anchored = {"fullmatch": True, "match": ends, "search": starts and ends}[method]
    inner = items[int(starts) : len(items) - int(ends)]
    return (inner or items) if anchored else None


@lru_cache(maxsize=512)
def removes_harm(pattern: str, charset: Charset) -> bool:
    """Whether removing all matches of ``pattern``, a class of single characters, leaves harmless text only."""
    left = _DIGITS if charset.strips_to_digits else charset
    parsed = parse_pattern(pattern)
    items = list(parsed or ())
    if parsed is None or len(items) != 1 or parsed.state.flags & ~(re.UNICODE | re.ASCII).value:
        return False
    op, arg = str(items[0][0]), items[0][1]
    if op == "MAX_REPEAT" and arg[0] == 1 and len(arg[2]) == 1:
        op, arg = str(arg[2][0][0]), arg[2][0][1]
    if op == "SUBPATTERN" and len(arg[3]) == 1:
        op, arg = str(arg[3][0][0]), arg[3][0][1]
    if op == "LITERAL":
        return left.dangerous == chr(arg)
    if op == "BRANCH":  # each character is an alternative of its own, whatever else is removed
        singles = [next(iter(branch)) for branch in arg[1] if len(branch) == 1]
        return bool(left.dangerous) and every(any(_removes(item, char) for item in singles) for char in left.dangerous)
    if op != "IN":
        return False
    members = list(arg)
    return every(left.harmless(char) or _in_class(members, char) for char in (*_PROBES, *left.dangerous))


def _removes(item: ParsedItem, char: str) -> bool:
    op, arg = str(item[0]), item[1]
    return bool(ord(char) == arg) if op == "LITERAL" else op == "IN" and _in_class(list(arg), char)


def _in_class(members: list[ParsedItem], char: str) -> bool:
    negated = bool(members) and str(members[0][0]) == "NEGATE"
    return any(_is_member(member, char) for member in members[negated:]) != negated


def _is_member(member: ParsedItem, char: str) -> bool:
    op, arg = str(member[0]), member[1]
    if op == "LITERAL":
        return bool(ord(char) == arg)
    if op == "RANGE":
        return bool(arg[0] <= ord(char) <= arg[1])
    return op == "CATEGORY" and _CATEGORIES[str(arg)](char)


def _is_anchor(item: ParsedItem, *names: str) -> bool:
    return str(item[0]) == "AT" and str(item[1]) in names


def is_within(item: ParsedItem, charset: Charset) -> bool:
    """Whether all that an item of a pattern matches is harmless."""
    op, arg = str(item[0]), item[1]
    if op == "LITERAL":
        return charset.harmless(chr(arg))
    if op in ("IN", "NOT_LITERAL"):
        members = list(arg) if op == "IN" else [("NEGATE", None), ("LITERAL", arg)]
        return every(charset.harmless(char) or not _in_class(members, char) for char in (*_PROBES, *charset.dangerous))
    if op in _REPEATS:
        return _are_within(arg[2], charset)
    if op == "SUBPATTERN":
        return _are_within(arg[3], charset)
    if op == "BRANCH":
        return every(_are_within(branch, charset) for branch in arg[1])
    return op == "AT"


def _are_within(items: Iterable[ParsedItem], charset: Charset) -> bool:
    """The same of a sequence, in which blanks may be harmless for what stands beside them."""
    row = list(items)
    return every(
        is_within(item, charset) or (charset.fixed_words and _is_blank(item) and _is_beside_fixed(row, place))
        for place, item in enumerate(row)
    )


def _is_beside_fixed(row: list[ParsedItem], place: int) -> bool:
    """Whether a word of the pattern's own follows, or punctuation goes before."""
    if place + 1 < len(row) and _is_fixed(row[place + 1]):
        return True
    if not place:
        return False
    op, arg = row[place - 1]
    return str(op) == "LITERAL" and chr(arg) in _SEPARATORS


def _is_fixed(item: ParsedItem) -> bool:
    """Whether an item matches some constant texts only."""
    op, arg = str(item[0]), item[1]
    if op == "SUBPATTERN":
        return every(_is_fixed(inner) for inner in arg[3])
    if op == "BRANCH":
        return every(_is_fixed(inner) for branch in arg[1] for inner in branch)
    return op == "LITERAL"


def _is_blank(item: ParsedItem) -> bool:
    op, arg = str(item[0]), item[1]
    if op in _REPEATS:
        return every(_is_blank(inner) for inner in arg[2])
    if op == "IN":
        return every(not _in_class(list(arg), char) for char in _PROBES if not char.isspace())
    return op == "LITERAL" and chr(arg).isspace()
