"""The pieces of a text in their order: what stands before, between and after the data that is put into it."""

from __future__ import annotations

import re
from string import Formatter

from real.detector.analysis.facts import Facts
from real.detector.ir.call_shapes import named_operands
from real.detector.ir.definitions import root
from real.detector.ir.instructions import CallShape, Instr, Unit

_MAX_DEPTH = 4
_PERCENT = re.compile("%[sdr]")
_FIELD = re.compile(r"\{[^{}]*\}")
_MARKS = {_PERCENT: "%", _FIELD: "{}"}


def ordered_pieces(facts: Facts, unit: Unit, operand: int, depth: int = 0) -> list[str | int]:
    """A text from left to right: literals, and operands of which nothing is known.

    ``[operand]`` where the text is not put together in this function.
    """
    here, operand = operand, root(unit, operand)
    for value in (facts.value(unit, here), facts.value(unit, operand)):
        if value.consts and not value.mask and not value.objs:
            return [min(str(const) for const in value.consts)]
    if not facts.is_untrusted(facts.value(unit, here)) and facts.is_untrusted(facts.value(unit, operand)):
        return [here]  # a test has proved it, which its root does not know
    made = unit.defs[operand]
    parts: list[str | int] = [operand]
    if made is None or depth >= _MAX_DEPTH:
        return parts
    if made.op == "fstring":
        operands = iter(made.args)
        parts = [next(operands) if piece is None else piece for piece in made.extra]
    elif made.op in ("binop", "inplace") and made.extra == "Add":
        parts = list(made.args)
    elif made.op in ("binop", "inplace") and made.extra == "Mod":
        parts = _formatted(facts, unit, made.args[0], _PERCENT, members(facts, unit, made.args[1])) or parts
    elif made.op == "method" and made.extra[0] == "format":
        parts = _formatted(facts, unit, made.args[0], _FIELD, _in_order(facts, unit, made)) or parts
    elif made.op == "method" and made.extra[0] == "encode":
        parts = [made.args[0]]
    elif made.op == "method" and made.extra[0] == "join" and len(made.args) > 1:
        parts = _joined(unit, made, facts) or parts
    if parts == [operand]:
        return parts
    found = [
        inner
        for part in parts
        for inner in ([part] if isinstance(part, str) else ordered_pieces(facts, unit, part, depth + 1))
    ]
    if made.op == "method" and made.extra[0] == "join" and not any(isinstance(piece, str) for piece in found):
        return [operand]  # tests may decide which elements are joined: the text is one piece
    return found


def _joined(unit: Unit, made: Instr, facts: Facts) -> list[str | int]:
    joined = unit.defs[root(unit, made.args[1])]
    return list(members(facts, unit, made.args[1])) if joined is not None and joined.op == "build" else []


def members(facts: Facts, unit: Unit, operand: int) -> list[int]:
    """The elements of a tuple or list that is written out, otherwise the operand itself."""
    operand = root(unit, operand)
    made = unit.defs[operand]
    if made is None or made.op != "build":
        return [operand]
    if made.args:
        return list(made.args)
    stores = list(facts.instructions(unit, "add", "member"))
    return [step.args[-1] for step in stores if root(unit, step.args[0]) == operand]


def _formatted(facts: Facts, unit: Unit, template: int, field: re.Pattern[str], values: list[int]) -> list[str | int]:
    """The pieces of a formatted text; nothing unless every field and every value has its place among them."""
    texts = [text for text in facts.constants(unit, template) if isinstance(text, str)]
    if len(texts) != 1 or len(field.findall(texts[0])) != len(values):
        return []
    if any(mark in text.replace(mark * 2, "") for text in field.split(texts[0]) for mark in _MARKS[field]):
        return []  # a field of another form
    found: list[str | int] = []
    rest = iter(values)
    for index, literal in enumerate(field.split(texts[0])):
        value = next(rest, None) if index else None
        found += [literal] if value is None else [value, literal]
    return [piece for piece in found if piece != ""]


def _in_order(facts: Facts, unit: Unit, made: Instr) -> list[int]:
    """The arguments of ``"...".format(...)`` in the order of the fields."""
    shape = made.extra[1]
    texts = [text for text in facts.constants(unit, made.args[0]) if isinstance(text, str)]
    if not isinstance(shape, CallShape) or len(texts) != 1:
        return list(made.args[1:])
    positional = made.args[1 : 1 + len(shape.starred)]
    named = dict(named_operands(made))
    found: list[int] = []
    try:
        fields = [name for _, name, _, _ in Formatter().parse(texts[0]) if name is not None]
    except ValueError:
        return list(made.args[1:])
    for index, name in enumerate(fields):
        first = re.split(r"[.\[]", name)[0]
        position = int(first) if first.isdigit() else index
        if first in named:
            found.append(named[first])
        elif position < len(positional):
            found.append(positional[position])
    return found
