"""Records that an endpoint looks up and sends."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.witness import every
from real.detector.concepts.effects import EXECUTORS, Effect, effect, start
from real.detector.concepts.look_ups import looked_up_by, unpacked
from real.detector.concepts.principals import Principal
from real.detector.concepts.receivers import is_passing
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.vocabulary import ROW_READERS

_ROWS = ROW_READERS | {"all"}


def hand_outs(facts: Facts, who: Principal) -> Iterator[Effect]:
    """The records that an endpoint looks up by a key of the request, and returns or makes its answer of."""
    unit = who.unit
    answers = [
        step
        for instr in facts.instructions(unit)
        for operand in _answers(instr)
        for step in facts.definitions(unit, operand)
    ]
    for instr in facts.instructions(unit, "call", "method", "sub"):
        if instr not in answers:
            continue
        if instr.op == "sub" and (
            is_passing(facts, unit, instr.args[0]) or not _is_table(definition(unit, instr.args[0]))
        ):
            continue
        if instr.op == "method" and is_passing(facts, unit, instr.args[0]):
            continue
        if instr.op == "method" and instr.extra[0] in EXECUTORS and len(instr.args) > 1:
            texts = [text for text in facts.reads(unit, instr.args[1]).constants if isinstance(text, str)]
            if any(start(text) == "select" for text in texts):
                yield effect(facts, who, instr, "hands out", unpacked(facts, unit, instr.args[2:]))
            continue
        if instr.op == "method" and _is_choice(facts, unit, instr):
            continue
        keys = looked_up_by(facts, who, instr.dst)
        if keys and any(who.is_client(facts, key) for key in keys):
            yield effect(facts, who, instr, "hands out", keys)


def _answers(instr: Instr) -> list[int]:
    """What an instruction gives as an answer: a returned value, or what tornado's ``write()`` is given."""
    if instr.op in ("return", "yield"):
        return [instr.args[0]]
    if instr.op == "method" and instr.extra[0] in ("write", "finish", "render"):
        return instr.args[1:]
    return []


def _is_table(made: Instr | None) -> bool:
    """A container that outlives the function: a global, an attribute."""
    return made is not None and made.op in ("cell", "builtin", "import", "attr")


def _is_choice(facts: Facts, unit: Unit, instr: Instr) -> bool:
    """``COLUMNS.get(name)``: which of the program's own functions, classes or parts of a statement is meant."""
    tables, chosen = facts.value(unit, instr.args[0]).objs, facts.value(unit, instr.dst).objs
    return every(obj.kind == "dict" for obj in tables) and every(
        obj.kind in ("api", "function", "class") for obj in chosen
    )


def hands_out_rows(facts: Facts, unit: Unit) -> Instr | None:
    """The first place where an endpoint takes rows of a database or all of a table for its answer."""
    returned = {step for instr in facts.instructions(unit, "return") for step in facts.definitions(unit, instr.args[0])}
    queries = (instr for instr in facts.instructions(unit, "method") if instr in returned and instr.extra[0] in _ROWS)
    return next((instr for instr in queries if not is_passing(facts, unit, instr.args[0])), None)
