"""Variables that have one value only where they are read: written just before, or on the only way that leads there."""

from __future__ import annotations

from typing import Any

from real.detector.frontend.lowering.replay import become_copy
from real.detector.ir.instructions import Block, Unit

_EFFECTS = frozenset({"call", "method", "await", "yield", "enter", "iterate", "decorate"})


def forward_cells(unit: Unit) -> None:
    """A shared variable that is read just after it was written."""
    ends: dict[Block, dict[Any, int]] = {}
    for block in unit.blocks:
        known = dict(ends.get(block.preds[0], {})) if len(block.preds) == 1 else {}
        for instr in block.instrs:
            if instr.op == "setcell":
                known = {key: value for key, value in known.items() if key[1] != instr.extra[1]}
                if len(instr.extra[0]) == 1:
                    known[instr.extra] = instr.args[0]
            elif instr.op == "cell" and instr.extra in known:
                become_copy(instr, known[instr.extra])
            elif instr.op in _EFFECTS:
                known = {}
        ends[block] = known


def drop_undefined(unit: Unit) -> None:
    """A variable that is assigned on one way only is what it is assigned there: the other way raises."""
    defs = unit.defs
    seen: set[int] = set()  # not a value of a later round of a loop
    for block in unit.blocks:
        for instr in block.instrs:
            if instr.op == "phi":
                values = {arg for arg in instr.args if arg != instr.dst and defs[arg] is not None}
                if len(values) == 1 and len(instr.args) > 1 and seen >= values:
                    become_copy(instr, values.pop())
            seen.add(instr.dst)
