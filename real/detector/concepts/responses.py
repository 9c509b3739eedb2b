"""What a program sends to its clients: returned by views, passed to responses and errors of web frameworks, written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from real.detector.analysis.facts import Facts
from real.detector.concepts.endpoints import is_handler, is_handler_method
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.catalogue import last_names, roots_of
from real.detector.models.kinds import Role
from real.detector.vocabulary import words

_RESPONSES = last_names(Role.RESPONSE)
_MODULES = roots_of(Role.RESPONSE)
_WRITERS = last_names(Role.WRITER)
_BODIES = last_names(Role.BODY)
_DETAILS = "set_details"  # of the context of gRPC
WATCHED = _RESPONSES | _WRITERS | {_DETAILS}


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """Operands that a client gets to see, and where they are sent."""

    unit: Unit
    instr: Instr
    operands: tuple[int, ...]


def sent(facts: Facts) -> Iterator[Sent]:
    """Everything that the program sends, once each."""
    for unit, instr in facts.function_steps():
        if instr.op in ("return", "yield") and facts.is_open(unit) and is_handler(facts, unit):
            yield Sent(unit, instr, (instr.args[0],))
        elif instr.op == "setattr" and str(instr.extra) in _BODIES and _is_response(unit, instr.args[0]):
            yield Sent(unit, instr, (instr.args[1],))
    for site in facts.calls(*_RESPONSES):
        if site.path.startswith(_MODULES):
            yield Sent(site.unit, site.instr, tuple(site.instr.args[1:]))
    for site in facts.calls(_DETAILS):
        if site.instr.op == "method" and not site.path:
            yield Sent(site.unit, site.instr, tuple(site.instr.args[1:]))
    for site in facts.calls(*_WRITERS):
        if is_handler_method(facts, site.unit) and site.instr.op == "method":
            yield Sent(site.unit, site.instr, tuple(site.instr.args[1:]))


def _is_response(unit: Unit, operand: int) -> bool:
    """``resp.media = ...``: a parameter that is named for a response."""
    made = definition(unit, operand)
    return made is not None and made.op == "param" and bool(words(str(made.extra)) & {"resp", "response"})
