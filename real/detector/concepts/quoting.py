"""Harmless for a place: what data must lack depends on the language that reads it and on where in the text it stands.

Inside the quotes that the program writes around it, data is text as long as it cannot end them. So a value counts as
harmless if, at each of its places, the characters that mean something there have been removed, doubled (where the
language reads a doubled quote as one that stays inside) or refused before. A quote of the other kind proves nothing,
and outside of quotes nothing that is said of quotes does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.witness import every
from real.detector.concepts.removal import is_removed
from real.detector.concepts.text_pieces import ordered_pieces
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import modules_of
from real.detector.models.kinds import Role


@dataclass(frozen=True, slots=True)
class Language:
    """What opens a literal, and what means something inside one beside the quote that ends it.

    With ``doubles``, a quote that is written twice does not lead out: it closes the literal and opens the next.
    ``also`` are other characters with a meaning, by the quote that is open.
    """

    quotes: str
    doubles: bool = True
    also: Callable[[str], str] = lambda quote: ""
    escape: str = ""  # the character after it does not close a literal that the program wrote

    def open_quote(self, literal: str, quote: str) -> str:
        """The quote that is open at the end of a piece of text, where ``quote`` was at its beginning."""
        escaped = False
        for char in literal:
            if escaped:
                escaped = False
            elif char == self.escape and (not quote or char in self.also(quote)):
                escaped = True
            elif quote:
                quote = "" if char == quote else quote
            elif char in self.quotes:
                quote = char
        return quote


# XPath 1.0 has no escapes: two literals side by side are an error, and never an operator.
XPATH = Language("'\"")
# POSIX shell, 2.2: single quotes end at the next one; double quotes let $, ` and the backslash work. Two literals side
# by side are one word.
SHELL = Language("'\"", also=lambda quote: "$`\\" if quote == '"' else "", escape="\\")
# Python: a backslash takes the meaning from the quote that the program wrote; two quotes may complete three.
CODE = Language("'\"", doubles=False, also=lambda quote: "\\", escape="\\")
_SQL = Language("'\"`")
_SQL_WITH_ESCAPES = Language("'\"`", also=lambda quote: "" if quote == "`" else "\\")

# Before the name of a table, or a part of a qualified name.
_SQL_NAME = re.compile(r"(?:\b(?:from|into|update|join|table)\s+|\w\.)[\"`]?$", re.IGNORECASE)

# A value of an LDAP filter (RFC 4515): these end it, or stand for any text.
LDAP_VALUE = "*()\\"
_IN_VALUE = re.compile(r"\(\s*[\w;.:-]+\s*[~<>:]?=[^()]*$")


def is_quoted(facts: Facts, flow: Flow) -> bool:
    """Whether all untrusted parts of an SQL statement stay inside the literals that are written around them.

    The name of a table that an object of an unseen class keeps is no value that somebody passes, and cannot be bound.
    """
    language = _SQL if _is_standard(facts) else _SQL_WITH_ESCAPES
    return every(
        stays_inside(facts, flow.unit, flow.instr, operand, language, names=_SQL_NAME) for operand in flow.operands
    )


def stays_inside(
    facts: Facts, unit: Unit, at: Instr, operand: int, language: Language, names: re.Pattern[str] | None = None
) -> bool:
    """Whether the untrusted parts of a text stay inside the quotes that the program wrote around each of them.

    ``names`` matches the text before a place for a name, where attributes of an unseen object count as the program's.
    """
    pieces = ordered_pieces(facts, unit, operand)
    if len(pieces) < 2 or not _is_untrusted_in(facts, unit, pieces):
        return False
    quote = before = ""
    for piece in pieces:
        if isinstance(piece, str):
            before, quote = piece, language.open_quote(piece, quote)
        elif names is not None and not quote and names.search(before) and _is_kept_by_unseen_object(unit, piece):
            before = ""
        elif facts.is_untrusted(facts.value(unit, piece)):
            also = language.also(quote)
            if not quote or not is_removed(facts, unit, piece, quote, doubling=language.doubles, at=at, inside=True):
                return False
            if also and not is_removed(facts, unit, piece, also, at=at):
                return False
        elif quote:
            return False  # of other data it is not known whether they end the literal
    return not quote


def _is_kept_by_unseen_object(unit: Unit, operand: int) -> bool:
    """``self.table`` in a method that was taken out of its class, and does not set it."""
    made = definition(unit, operand)
    if made is None or made.op != "attr" or unit.is_method:
        return False
    holder = definition(unit, made.args[0])
    is_set = any(step.op == "setattr" and step.extra == made.extra for block in unit.blocks for step in block.instrs)
    return holder is not None and holder.op == "param" and holder.extra == "self" and not is_set


def stays_a_value(facts: Facts, unit: Unit, at: Instr, operand: int) -> bool:
    """Whether the untrusted parts of an LDAP filter are values of it, and cannot end them."""
    pieces = ordered_pieces(facts, unit, operand)
    if len(pieces) < 2 or not _is_untrusted_in(facts, unit, pieces):
        return False
    before = ""
    for piece in pieces:
        if isinstance(piece, str):
            before += piece
        elif facts.is_untrusted(facts.value(unit, piece)) and not (
            _IN_VALUE.search(before) and is_removed(facts, unit, piece, LDAP_VALUE, at=at)
        ):
            return False
    return True


def _is_untrusted_in(facts: Facts, unit: Unit, pieces: list[str | int]) -> bool:
    return any(isinstance(piece, int) and facts.is_untrusted(facts.value(unit, piece)) for piece in pieces)


def _is_standard(facts: Facts) -> bool:
    """Whether inside a literal only the quote has a meaning; to MySQL, the backslash has one as well."""
    return any(
        instr.op == "import" and str(instr.extra).partition(".")[0] in modules_of(Role.STANDARD_SQL)
        for unit, instr in facts.steps()
    )
