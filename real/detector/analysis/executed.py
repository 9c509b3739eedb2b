"""Has a function run when a call of it has returned? A generator runs when it is iterated, a coroutine when awaited."""

from __future__ import annotations

import ast

from real.detector.ir.instructions import COPIES, Instr, Unit

_HANDED_ON = COPIES | {"phi", "build"}
_RUNNING = frozenset({"await", "iterate", "unpack", "enter", "call", "method"})  # or somebody is given it, who does


def has_run(unit: Unit, call: Instr, callee: Unit) -> bool:
    """Whether the body of ``callee`` has run, or somebody has been given the means to run it.

    ``check(x)`` of ``async def check`` does nothing, and as a condition it is always true.
    """
    if not callee.is_generator and not isinstance(callee.node, ast.AsyncFunctionDef):
        return True
    held = {call.dst}
    for instr in (instr for block in unit.blocks for instr in block.instrs):
        if held.isdisjoint(instr.args):
            continue
        if instr.op in _RUNNING:
            return True
        if instr.op in _HANDED_ON and (instr.op != "pi" or instr.args[0] in held):  # what is tested is not made of it
            held.add(instr.dst)
    return False
