"""The front end as one step: source text to the program that is analysed."""

from __future__ import annotations

from real.detector.frontend.escapes import Escapes
from real.detector.frontend.lowering.program import lower
from real.detector.frontend.normalise.passes import normalise
from real.detector.frontend.parse import parse
from real.detector.ir.instructions import Program
from real.detector.limits import MAX_BYTES
from real.detector.models.library import BUILTINS


def build(code: str, *, ssa: bool = True, characters: int = MAX_BYTES) -> tuple[Program, Escapes]:
    """Parse, normalise and lower ``code`` of at most so many characters; also says which private names are given away.

    Raises:
        UnanalyzableError: ``code`` is no program, or one that is too large or too deep.
    """
    tree = normalise(parse(code, characters), code)
    return lower(tree.module, BUILTINS, tree.inlined, ssa=ssa), tree.escapes
