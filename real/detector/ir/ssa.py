"""SSA construction: semi-pruned phi placement on dominance frontiers, then renaming (Cytron et al., TOPLAS 1991).

The lowering splits every guarded edge and puts ``pi`` instructions there (extended SSA), so that what a test proves
about a variable holds exactly for the uses that the branch dominates.
"""

from __future__ import annotations

from real.detector.ir.dominators import dominance_frontiers, immediate_dominators, reverse_postorder
from real.detector.ir.instructions import Block, Instr, Operand, Unit


def to_ssa(unit: Unit) -> None:
    """Rewrite ``unit`` in place: blocks in reverse postorder, every value defined once, no variable operands left."""
    order = reverse_postorder(unit.blocks[0])
    reachable = set(order)
    for block in order:
        block.preds = [pred for pred in block.preds if pred in reachable]
    if len(order) == 1:
        _rename_straight(unit, order[0])
    else:
        idom = immediate_dominators(order)
        _place_phis(unit, order, idom)
        _rename(unit, order, idom)
    unit.blocks = order
    position = {block: index for index, block in enumerate(order)}
    unit.has_loop = any(position[succ] <= position[block] for block in order for succ in block.succs)
    unit.returns = any(instr.op == "return" for block in order for instr in block.instrs)
    unit.defs = [None] * unit.values
    for block in order:
        for instr in block.instrs:
            unit.defs[instr.dst] = instr


def _new_value(unit: Unit) -> int:
    unit.values += 1
    return unit.values - 1


def _place_phis(unit: Unit, order: list[Block], idom: dict[Block, Block]) -> None:
    definitions: dict[str, list[Block]] = {}
    crossing: set[str] = set()  # variables read in a block before that block writes them: only these need phis
    for block in order:
        written: set[str] = set()
        for instr in block.instrs:
            for operand in instr.args:
                if type(operand) is str and operand not in written:
                    crossing.add(operand)
            if instr.var is not None and instr.var not in written:
                written.add(instr.var)
                definitions.setdefault(instr.var, []).append(block)
    if not crossing:
        return
    frontiers = dominance_frontiers(order, idom)
    phis: dict[Block, list[Instr]] = {}
    for var, blocks in definitions.items():
        if var not in crossing:
            continue
        work = list(blocks)
        placed: set[Block] = set()
        while work:
            for join in frontiers[work.pop()]:
                if join not in placed:
                    placed.add(join)
                    line = join.instrs[0].line if join.instrs else 0
                    args: list[Operand] = [var] * len(join.preds)
                    phis.setdefault(join, []).append(Instr("phi", -1, args, None, line, 0, var))
                    work.append(join)
    for block, new in phis.items():
        block.instrs[:0] = new


def _rename_straight(unit: Unit, block: Block) -> None:
    current: dict[str, int] = {}
    for instr in list(block.instrs):
        _rename_instr(unit, block, instr, current)


def _rename_instr(unit: Unit, block: Block, instr: Instr, current: dict[str, int]) -> None:
    if instr.op != "phi":
        for index, operand in enumerate(instr.args):
            if type(operand) is str:
                instr.args[index] = _lookup(unit, current, operand)
    if instr.var is not None:
        if instr.dst < 0:
            instr.dst = _new_value(unit)
        current[instr.var] = instr.dst


def _lookup(unit: Unit, current: dict[str, int], var: str) -> int:
    if var not in current:
        current[var] = _new_value(unit)  # never assigned on this path: the value stays undefined (bottom)
    return current[var]


def _rename(unit: Unit, order: list[Block], idom: dict[Block, Block]) -> None:
    children: dict[Block, list[Block]] = {block: [] for block in order}
    for block in order[1:]:
        children[idom[block]].append(block)
    stack: list[tuple[Block, dict[str, int]]] = [(order[0], {})]
    while stack:
        block, current = stack.pop()
        for instr in block.instrs:
            _rename_instr(unit, block, instr, current)
        for successor in block.succs:
            slot = successor.preds.index(block)
            for phi in successor.instrs:
                if phi.op != "phi":
                    break
                var = phi.var
                if var is not None and type(phi.args[slot]) is str:
                    phi.args[slot] = _lookup(unit, current, var)
        below = children[block]
        for child in below[1:]:
            stack.append((child, dict(current)))
        if below:
            stack.append((below[0], current if len(below) == 1 else dict(current)))
