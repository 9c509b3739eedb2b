"""How much a request asks for: the arguments that decide how much is allocated, repeated or waited for."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.callsites import CallSite
from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import calls_of
from real.detector.models.kinds import Role
from real.detector.models.when import Arg
from real.detector.rules._bounds import is_bounded, is_requested

# Call -> the arguments that decide how much is allocated or done.
SIZES = calls_of(Role.SIZE)
_SEQUENCES = frozenset({"list", "tuple"})
_MAX_DIMENSIONS = 4


def sized(facts: Facts, site: CallSite, arguments: tuple[Arg, ...]) -> Iterator[Defect]:
    """The calls that are told by a request how much to allocate or to do."""
    operands = [
        operand
        for argument in arguments
        if site.argument(argument.position, argument.name) is not None
        for operand in site.operands((argument.position,) if argument.position is not None else (), argument.names)
    ]
    if site.name == "range":
        operands = site.instr.args[1:]
    for operand in operands:
        yield from size(facts, site.unit, site.instr, operand, f"{site.name}()")


def repeated(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``"x" * n`` and ``[0] * n``."""
    for step in facts.instructions(unit, "binop"):
        if step.extra != "Mult":
            continue
        for many, count in (step.args, reversed(step.args)):
            value = facts.value(unit, many)
            is_sequence = any(obj.kind in _SEQUENCES for obj in value.objs) or any(
                isinstance(const, (str, bytes)) for const in value.consts or ()
            )
            if is_sequence:
                yield from size(facts, unit, step, count, "the repetition")


def size(facts: Facts, unit: Unit, instr: Instr, operand: int, label: str) -> Iterator[Defect]:
    value = facts.value(unit, operand)
    made = definition(unit, operand)
    if made is not None and made.op == "build" and made.extra[0] == "tuple" and made.args:
        for inner in made.args[:_MAX_DIMENSIONS]:
            found = list(size(facts, unit, instr, inner, label))
            yield from found[:1]
            if found:
                return
        return
    if not facts.is_untrusted(value) or value.objs or not is_requested(facts, unit, value):
        return
    if not is_bounded(facts, unit, operand):
        yield Defect(instr, f"a request decides how large {label} becomes", facts.trace(value))
