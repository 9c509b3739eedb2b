"""Which of a unit's instructions are certainly executed one after another."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from real.detector.ir.dominators import dominates, immediate_dominators
from real.detector.ir.instructions import Block, Instr, Unit


class ExecutionOrder:
    """The order of the instructions of one unit; ``home`` is the place of each: number of its block, index in that."""

    def __init__(self, unit: Unit, home: dict[Instr, tuple[int, int]]) -> None:
        self._unit = unit
        self._home = home
        self._idom: dict[Block, Block] | None = None

    def follows(self, use: Instr, last: Instr, names: set[int]) -> bool:
        """Whether a use comes after ``last``, on whatever way it is reached."""
        start, place = self._home[last]
        at, index = self._home[use]
        blocks = self._unit.blocks
        if use.op == "phi":
            preds = [pred for pred, arg in zip(blocks[at].preds, use.args, strict=True) if arg in names]
            return all(self._dominates(blocks[start], pred) for pred in preds)
        return index > place if at == start else self._dominates(blocks[start], blocks[at])

    def _dominates(self, block: Block, other: Block) -> bool:
        if self._idom is None:
            self._idom = immediate_dominators(self._unit.blocks)
        return other in self._idom and dominates(block, other, self._idom)

    def count_in_order(self, made: Instr, uses: Iterable[Instr]) -> int:
        """How many uses from the first one on are in order."""
        before = made
        count = 0
        for use in uses:
            if not self.holds([made, before, use]):
                return count
            before = use
            count += 1
        return count

    def holds(self, instrs: list[Instr]) -> bool:
        """Whether each is executed after the one before, once for each time that the first one is."""
        blocks = [self._unit.blocks[self._home[instr][0]] for instr in instrs]
        distinct = list(dict.fromkeys(blocks))
        if len(distinct) == 1:
            return True
        if self._idom is None:
            self._idom = immediate_dominators(self._unit.blocks)
        if not all(dominates(a, b, self._idom) for a, b in itertools.pairwise(distinct)):
            return False
        return not self._unit.has_loop or not any(_is_repeated(block, distinct[0]) for block in distinct[1:])


def _is_repeated(block: Block, start: Block) -> bool:
    """Whether control can come back to a block without coming through ``start``, where all begins anew."""
    seen = {start}
    work = list(block.succs)
    while work:
        current = work.pop()
        if current is block:
            return True
        if current not in seen:
            seen.add(current)
            work += current.succs
    return False
