"""The front end as one step: source text to the program that is analysed."""

from __future__ import annotations

from dataclasses import replace

from real.detector.frontend.escapes import Escapes
from real.detector.frontend.linking.linker import Linker
from real.detector.frontend.linking.modules import Module
from real.detector.frontend.lowering.program import lower
from real.detector.frontend.normalise.passes import normalise
from real.detector.frontend.parse import parse
from real.detector.ir.instructions import Program
from real.detector.limits import MAX_BYTES
from real.detector.models.library import BUILTINS


def build(
    code: str,
    *,
    ssa: bool = True,
    characters: int = MAX_BYTES,
    module: Module | None = None,
    around: frozenset[int] = frozenset(),
) -> tuple[Program, Escapes]:
    """Parse, link, normalise and lower ``code`` of at most so many characters; also says what names are given away.

    With ``module``, its place in a project, what it imports from there becomes part of the program; where no data from
    outside enter only constants do, and what the code ``around`` some lines uses.

    Raises:
        UnanalyzableError: ``code`` is no program, or one that is too large or too deep.
    """
    parsed = parse(code, characters)
    linker = Linker(parsed, module, around=around) if module is not None else None
    files = linker.run() if linker is not None else ()
    tree = normalise(parsed, code)
    program = lower(tree.module, BUILTINS, tree.inlined, ssa=ssa)
    if linker is not None:
        program = replace(program, files=files, has_more=linker.has_left)
    return program, tree.escapes
