"""Control-flow graph construction: blocks, edges, and the exception edges of ``try`` and ``with``."""

from __future__ import annotations

from real.detector.ir.instructions import Block, Instr, Operand, Unit
from real.detector.limits import MAX_VALUES, UnanalyzableError


def connect(source: Block, target: Block) -> None:
    """Add the edge once."""
    if target not in source.succs:
        source.succs.append(target)
        target.preds.append(source)


class GraphBuilder:
    """Emits instructions into a current block.

    ``catchers`` is the stack of blocks that an exception may reach. Inside a ``try`` every assignment ends its block,
    so that a handler sees the variable both before and after it.
    """

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.catchers: list[Block] = []
        self.block = self.new_block()

    def new_block(self) -> Block:
        """A block with no predecessor; inside a ``try`` it has an edge to the handlers."""
        block = Block(len(self.unit.blocks))
        self.unit.blocks.append(block)
        if self.catchers:
            connect(block, self.catchers[-1])
        return block

    def enter_handled(self, catcher: Block) -> None:
        """From here on, an exception leads to ``catcher``, which sees the variables as they are now, too."""
        connect(self.block, catcher)
        self.catchers.append(catcher)
        self.continue_in(self.new_block())

    def start(self, block: Block) -> None:
        """Emit into ``block`` from now on."""
        self.block = block

    def jump(self, target: Block) -> None:
        """End the current block with an edge to ``target``; what follows is unreachable until ``start``."""
        connect(self.block, target)
        self.block = self.new_block()

    def continue_in(self, target: Block) -> None:
        """Fall through to ``target`` and emit there."""
        connect(self.block, target)
        self.block = target

    def raise_to_handlers(self) -> None:
        """End the current block by an exception."""
        if self.catchers:
            connect(self.block, self.catchers[-1])
        self.block = self.new_block()

    def emit(self, op: str, args: list[Operand], extra: object, line: int, col: int = 0) -> int:
        """Append an instruction that defines a fresh value, and return the value."""
        unit = self.unit
        dst = unit.values
        unit.values = dst + 1
        if dst > MAX_VALUES:
            raise UnanalyzableError("the program is too large to analyse")
        self.block.instrs.append(Instr(op, dst, args, extra, line, col))
        return dst

    def assign(self, var: str, op: str, args: list[Operand], extra: object, line: int, col: int = 0) -> None:
        """Append an instruction that defines a new version of the local variable ``var``."""
        self.block.instrs.append(Instr(op, -1, args, extra, line, col, var))
        if self.catchers:
            self.continue_in(self.new_block())
