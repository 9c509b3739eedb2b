"""Texts that are one literal of Python, which evaluating only reads: quotes at both ends and none between them."""

from __future__ import annotations

from functools import lru_cache

from real.detector.analysis.charsets import Charset, ParsedItem, is_whole_match, is_within
from real.detector.analysis.facts import Facts
from real.detector.analysis.witness import every
from real.detector.concepts.loops import root_of
from real.detector.concepts.refusals import holds_on_every_way
from real.detector.concepts.tested_values import Subject
from real.detector.concepts.text_pieces import ordered_pieces
from real.detector.ir.definitions import untested
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.library import HARMLESS_METHODS

_QUOTES = "'\""
_NUMBERS = Charset("+-._", letters=False)
# They write data as literals that mean the data again (JSON's are literals of Python, but for three names).
_WRITERS = calls_of(Role.WRITES_LITERAL).keys()


def is_one_literal(facts: Facts, unit: Unit, at: Instr, operand: int) -> bool:
    """Whether a text reaches ``at`` only if tests have shown it to be one literal.

    A backslash before the last quote makes it a syntax error, and so does a line break; neither runs anything.
    """
    made = root_of(unit, operand)
    while made is not None and made.op == "method" and made.extra[0] in HARMLESS_METHODS and len(made.args) == 1:
        made = root_of(unit, made.args[0])
    if made is None:
        return False
    text = made
    if holds_on_every_way(facts, unit, at, text, lambda subject: subject.matches(is_literal_pattern)):
        return True
    return any(_is_quoted_by(facts, unit, at, text, quote) for quote in ("'", '"', ""))


def is_written_as_literals(facts: Facts, unit: Unit, operand: int) -> bool:
    """``f"handle({text!r})"``: ``repr()`` or ``json.dumps()`` wrote all that is untrusted, and outside of quotes."""
    quoted, seen = False, False
    for piece in ordered_pieces(facts, unit, operand):
        if isinstance(piece, str):
            quoted = quoted or any(quote in piece for quote in _QUOTES)
        elif facts.is_untrusted(facts.value(unit, piece)):
            made = root_of(unit, piece)
            if quoted or made is None or not facts.library_names(unit, made) & _WRITERS:
                return False
            seen = True
    return seen


def _is_quoted_by(facts: Facts, unit: Unit, at: Instr, text: Instr, quote: str) -> bool:
    """Whether a text begins and ends with a quote that is not between; without ``quote``, with its own first one."""
    return (
        holds_on_every_way(facts, unit, at, text, lambda subject: _Ends(subject, quote).begins())
        and holds_on_every_way(facts, unit, at, text, lambda subject: _Ends(subject, quote).ends())
        and (
            holds_on_every_way(facts, unit, at, text, lambda subject: _Ends(subject, quote).is_alone(), inner=True)
            or holds_on_every_way(facts, unit, at, text, lambda subject: _Ends(subject, quote).are_two())
        )
    )


class _Ends:
    """What one test says of the first and the last character of a value."""

    def __init__(self, subject: Subject, quote: str) -> None:
        self.subject = subject
        self.facts = subject.facts
        self.atom = subject.atom
        self.quote = quote

    def begins(self) -> bool:
        """``text.startswith(quote)``, ``text[0] == quote``; ``text[0] in "'\\""`` for any quote."""
        if self._asks("startswith"):
            return True
        if self.atom.op == "In" and not self.quote and self._is_at(self.atom.operands[0], 0):
            allowed = self.facts.elements(self.facts.value(self.atom.unit, self.atom.operands[1]))
            return every(isinstance(text, str) and set(text) <= set(_QUOTES) for text in allowed)
        return self._is_equal(0, (self.quote,)) or (bool(self.quote) and self._are_equal())

    def ends(self) -> bool:
        """``text.endswith(quote)``, ``text[-1] == quote``, ``text[-1] == text[0]``."""
        return self._asks("endswith") or self._is_equal(-1, (self.quote,)) or self._are_equal()

    def is_alone(self) -> bool:
        """``quote not in text[1:-1]``."""
        if self.quote:
            return self.subject.lacks(self.quote)
        return (
            self.atom.op == "NotIn"
            and self.subject.is_it(self.atom.operands[1])
            and Subject(self.facts, self.atom, self.subject.unit, self.subject.made).is_it(self._base(0))
        )

    def are_two(self) -> bool:
        """``text.count(quote) == 2``."""
        if self.atom.op != "Eq" or not self.quote:
            return False
        unit = self.atom.unit
        call = root_of(unit, self.atom.operands[0])
        return (
            call is not None
            and call.op == "method"
            and call.extra[0] == "count"
            and len(call.args) == 2
            and self.subject.is_it(call.args[0])
            and self.facts.constants(unit, call.args[1]) == {self.quote}
            and self.facts.constants(unit, self.atom.operands[1]) == {2}
        )

    def _base(self, index: int) -> int:
        """The text whose first character the left side of a comparison is; the side itself if it is none."""
        operand = self.atom.operands[0]
        made = untested(self.atom.unit, operand)
        is_item = made is not None and made.op == "sub" and _index(self.atom.unit, made.args[1]) == index
        return int(made.args[0]) if made is not None and is_item else -1

    def _asks(self, method: str) -> bool:
        call = self.atom.instr
        if self.atom.op != "call" or self.atom.sense is not True or call.op != "method" or len(call.args) != 2:
            return False
        if call.extra[0] != method or not self.subject.is_it(call.args[0]):
            return False
        if not self.quote and method == "endswith":
            return self._is_at(call.args[1], 0)
        texts = self.facts.elements(self.facts.value(self.atom.unit, call.args[1]))
        return every(text == self.quote if self.quote else text in ("'", '"') for text in texts)

    def _is_equal(self, index: int, texts: tuple[str, ...]) -> bool:
        if self.atom.op != "Eq" or not self.quote:
            return False
        left, right = self.atom.operands
        return any(
            self._is_at(one, index) and self.facts.constants(self.atom.unit, other) == set(texts)
            for one, other in ((left, right), (right, left))
        )

    def _are_equal(self) -> bool:
        if self.atom.op != "Eq":
            return False
        left, right = self.atom.operands
        return any(self._is_at(one, 0) and self._is_at(other, -1) for one, other in ((left, right), (right, left)))

    def _is_at(self, operand: int, index: int) -> bool:
        made = untested(self.atom.unit, operand)
        if made is None or made.op not in ("sub", "slice"):
            return False
        if made.op == "slice":
            return index == 0 and made.extra == (0, 1) and self.subject.is_it(made.args[0])
        return _index(self.atom.unit, made.args[1]) == index and self.subject.is_it(made.args[0])


def _index(unit: Unit, operand: int) -> object:
    made = root_of(unit, operand)
    if made is not None and made.op == "unary" and made.extra == "USub":
        inner = _index(unit, made.args[0])
        return -inner if isinstance(inner, int) else None
    return made.extra if made is not None and made.op == "const" else None


@lru_cache(maxsize=256)
def is_literal_pattern(pattern: str, method: str) -> bool:
    """Whether a match means that the whole text is one literal: ``'[^']*'``, ``"(?:[^"\\\\]|\\\\.)*"``, or a number."""
    items = is_whole_match(pattern, method)
    return items is not None and bool(items) and _is_literal(items)


def _is_literal(items: list[ParsedItem]) -> bool:
    if len(items) == 1 and str(items[0][0]) == "BRANCH":
        return every(_is_literal(list(branch)) for branch in items[0][1][1])
    if len(items) == 1 and str(items[0][0]) == "SUBPATTERN":
        return _is_literal(list(items[0][1][3]))
    if every(is_within(item, _NUMBERS) for item in items):
        return True
    first, last = items[0], items[-1]
    if len(items) < 2 or str(first[0]) != "LITERAL" or str(last[0]) != "LITERAL" or first[1] != last[1]:
        return False
    quote = chr(first[1])
    inside = items[1:-1]
    plain = Charset(dangerous=quote)
    return quote in _QUOTES and (not any(not is_within(item, plain) for item in inside) or _is_escaped(inside, quote))


def _is_escaped(items: list[ParsedItem], quote: str) -> bool:
    """Whether each quote in what the items match has a backslash before it, and each backslash something behind it."""
    plain = Charset(dangerous=quote + "\\")
    position = 0
    while position < len(items):
        op, argument = str(items[position][0]), items[position][1]
        if op == "LITERAL" and chr(argument) == "\\":
            if position + 1 == len(items) or str(items[position + 1][0]) not in ("ANY", "LITERAL", "IN", "NOT_LITERAL"):
                return False
            position += 2
            continue
        if op in ("MAX_REPEAT", "MIN_REPEAT"):
            is_fine = _is_escaped(list(argument[2]), quote)
        elif op == "SUBPATTERN":
            is_fine = _is_escaped(list(argument[3]), quote)
        elif op == "BRANCH":
            is_fine = every(_is_escaped(list(branch), quote) for branch in argument[1])
        else:
            is_fine = is_within(items[position], plain)
        if not is_fine:
            return False
        position += 1
    return True
