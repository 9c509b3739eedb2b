"""What the attributes of an object hold at each place, where nothing but reads and stores of them is done with it.

Each attribute is a variable then, and its SSA form is built on the fly, from a read backwards (Braun et al., CC 2013).
"""

from __future__ import annotations

from collections.abc import Callable

from real.detector.ir.instructions import Block, Instr


class UnknownFieldError(LookupError):
    """An attribute was not set by the constructor, as far as that is known."""


class FieldValues:
    """The attributes of one object, which ``made`` makes with ``held``; ``make_phi`` makes a join of no ways yet."""

    def __init__(self, place: tuple[Block, int], held: dict[str, int], make_phi: Callable[[], Instr]) -> None:
        self.joins: list[tuple[Block, Instr]] = []
        self._origin = place[0]
        self._make_phi = make_phi
        self._stores: dict[tuple[Block, str], list[tuple[int, int]]] = {}
        self._starts: dict[tuple[Block, str], int] = {}
        for name, operand in held.items():
            self.store(place, name, operand)

    def store(self, place: tuple[Block, int], name: str, operand: int) -> None:
        """Note what is stored in an attribute, in the order of the code."""
        self._stores.setdefault((place[0], name), []).append((place[1], operand))

    def read(self, place: tuple[Block, int], name: str) -> int:
        """What an attribute holds there; raises ``UnknownFieldError``."""
        block, index = place
        before = [operand for at, operand in self._stores.get((block, name), ()) if at < index]
        return before[-1] if before else self._at_start(block, name)

    def _at_end(self, block: Block, name: str) -> int:
        stores = self._stores.get((block, name))
        return stores[-1][1] if stores else self._at_start(block, name)

    def _at_start(self, block: Block, name: str) -> int:
        while (block, name) not in self._starts and len(block.preds) == 1 and block is not self._origin:
            (block,) = block.preds
            if (block, name) in self._stores:
                return self._stores[block, name][-1][1]
        if (block, name) in self._starts:
            return self._starts[block, name]
        if block is self._origin or not block.preds:
            raise UnknownFieldError(name)
        join = self._make_phi()
        self._starts[block, name] = join.dst
        join.args = [self._at_end(pred, name) for pred in block.preds]
        self.joins.append((block, join))
        return join.dst


def may_be_left_early(block: Block) -> bool:
    """Whether an exception may lead from the middle of a block to a handler."""
    last = block.instrs[-1] if block.instrs else None
    ways = last.extra if last is not None and last.op == "branch" else block.succs[:1]
    return any(successor not in ways for successor in block.succs)
