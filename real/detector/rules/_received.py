"""What a peer sends, kept until there is enough of it, however much that is (CWE-770)."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.ir.definitions import definition, root
from real.detector.ir.instructions import Instr, Unit
from real.detector.models.library import names
from real.detector.rules._bounds import is_measured
from real.detector.rules._growing import MEASURES
from real.detector.rules._unbounded import is_chunk
from real.detector.vocabulary import RECEIVING

_JOINING = names("append appendleft extend")


def received(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """What is put behind what came before, in a loop that reads or by a method that is called with each part."""
    yield from _read(facts, unit)
    if unit.name.lower() in RECEIVING and unit.is_method:
        yield from _handed(facts, unit)


def _read(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``while chunk: buffer += connection.recv(4096)``: the peer decides how long."""
    for step in facts.instructions(unit, "inplace", "binop"):
        if step.extra != "Add" or not unit.has_loop:
            continue
        held = unit.defs[root(unit, step.args[0])]
        if held is None or held.op != "phi" or not is_chunk(facts, unit, step.args[1]):
            continue
        if not facts.is_controlled(unit, step, lambda _, reads: bool(reads.calls & MEASURES)):
            yield Defect(step, "the peer decides how much is kept of what it sends")


def _handed(facts: Facts, unit: Unit) -> Iterator[Defect]:
    """``def data_received(self, data): self.buffer += data``, and nothing looks at how long it has become."""
    for step in facts.instructions(unit, "inplace", "binop", "method"):
        if not _is_kept(unit, step) or not any(_is_part(facts, unit, operand) for operand in step.args[1:]):
            continue
        if not is_measured(facts, unit, step):
            yield Defect(step, "the peer decides how much is kept of what it sends")
            return


def _is_kept(unit: Unit, step: Instr) -> bool:
    """Whether something is put behind what an attribute holds."""
    held = definition(unit, step.args[0])
    is_joined = step.extra[0] in _JOINING if step.op == "method" else step.extra == "Add"
    return is_joined and held is not None and held.op == "attr"


def _is_part(facts: Facts, unit: Unit, operand: int) -> bool:
    """Whether a value is what the method is called with, or a slice of it."""
    given = set(unit.params.positional[1:])
    made = definition(unit, operand)
    return made is not None and made.op in ("param", "slice", "sub") and bool(facts.reads(unit, operand).params & given)
