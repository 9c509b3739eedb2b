"""Data inside the quotes of an SQL literal that has lost the quote, or had it doubled: it cannot end the literal."""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Flow
from real.detector.analysis.witness import every
from real.detector.ir.instructions import Unit
from real.detector.rules._characters import is_removed
from real.detector.rules._pieces import ordered_pieces

# Their SQL follows the standard: inside a literal only the quote has a meaning. MySQL's has the backslash too.
_STANDARD = frozenset({"sqlite3", "aiosqlite", "apsw"})


def is_quoted(facts: Facts, flow: Flow) -> bool:
    """Whether all untrusted parts of a statement stay inside the literals that are written around them."""
    return bool(flow.operands) and every(_stays_inside(facts, flow.unit, operand) for operand in flow.operands)


def _stays_inside(facts: Facts, unit: Unit, operand: int) -> bool:
    pieces = ordered_pieces(facts, unit, operand)
    if not any(isinstance(piece, int) and facts.is_untrusted(facts.value(unit, piece)) for piece in pieces):
        return False  # the untrusted part is none of the pieces
    if len(pieces) < 2:
        return False
    quote = ""
    standard = _is_standard(facts)
    for piece in pieces:
        if isinstance(piece, str):
            quote = _open_quote(piece, quote)
        elif facts.is_untrusted(facts.value(unit, piece)):
            if quote not in ("'", '"') or not is_removed(facts, unit, piece, quote, doubling=standard):
                return False
            if not standard and not is_removed(facts, unit, piece, "\\"):
                return False
        elif quote:
            return False  # of other data it is not known whether they end the literal
    return not quote


def _open_quote(literal: str, quote: str) -> str:
    """The quote that is open at the end of a piece of SQL; a doubled one closes and opens again."""
    for char in literal:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
    return quote


def _is_standard(facts: Facts) -> bool:
    return any(
        instr.op == "import" and str(instr.extra).partition(".")[0] in _STANDARD
        for unit in facts.units
        for instr in facts.instructions(unit)
    )
