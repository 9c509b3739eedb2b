"""What one call passes for the parameters of a function of the program."""

from __future__ import annotations

from real.detector.analysis.facts import Facts
from real.detector.ir.call_shapes import passed_operands
from real.detector.ir.instructions import Instr, Unit


def passed_to(facts: Facts, caller: Unit, call: Instr, callee: Unit) -> dict[str, list[int]]:
    """Parameter of the called function -> the operands that this call may pass for it."""
    bound = next((bound for unit, site, bound in facts.call_sites(callee) if site is call and unit is caller), 0)
    return passed_operands(call, callee, bound)
