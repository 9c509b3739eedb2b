"""What encloses a statement: the loops, ``finally`` bodies and inlined calls that a jump may leave."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from real.detector.ir.instructions import Block


@dataclass(slots=True)
class Loop:
    """Where ``break`` and ``continue`` go; ``catchers`` is how many handlers enclose the loop."""

    header: Block
    after: Block
    catchers: int


@dataclass(slots=True)
class Finally:
    """A ``finally`` that a jump out of its ``try`` must run first."""

    body: list[ast.stmt]
    catchers: int


@dataclass(slots=True)
class InlinedCall:
    """An inlined call: where ``return`` goes with its value, or, if the call is a condition, by its truth."""

    after: Block
    result: str
    catchers: int
    senses: tuple[Block, Block] | None = None
