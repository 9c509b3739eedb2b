"""The intermediate representation of a program as text, for people who want to see what the analysis sees."""

from __future__ import annotations

from collections.abc import Iterator

from real.detector.frontend.build import build
from real.detector.ir.instructions import Instr, Operand, Unit


def listing(code: str, *, ssa: bool = True) -> str:
    """Every code object with its basic blocks, one instruction a line with the source line behind it.

    With ``ssa`` each value is defined once (``v7``) and ``phi`` joins those of the predecessors, in their order;
    without, local variables stand by their names. Raises ``UnanalyzableError`` where the source cannot be parsed.
    """
    program, _ = build(code, ssa=ssa)
    return "\n".join(line for unit in program.units for line in _unit(unit))


def _unit(unit: Unit) -> Iterator[str]:
    yield f"{unit.kind} {unit.name}({', '.join(unit.params.names)})"
    for block in unit.blocks:
        after = ", ".join(f"B{other.number}" for other in block.succs)
        yield f"  B{block.number}:" + (f"  -> {after}" if after else "")
        yield from (f"    {_instr(instr)}" for instr in block.instrs)


def _instr(instr: Instr) -> str:
    name = f"{instr.var} = " if instr.var else ""
    operands = ", ".join(_operand(operand) for operand in instr.args)
    detail = "" if instr.extra in (None, ()) else f"  {instr.extra!r}"
    where = f"  # line {instr.line}" if instr.line else ""
    return f"v{instr.dst} = {name}{instr.op} {operands}".rstrip() + detail + where


def _operand(operand: Operand) -> str:
    return operand if isinstance(operand, str) else f"v{operand}"
