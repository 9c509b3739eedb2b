"""The program of a response as the paper's released scorers take it out: by the text of the fences alone.

A block begins with three backticks and ``python`` at the end of a line, and ends at the next three backticks, wherever
they stand: also inside a docstring. Other languages, other fences and blocks that never end are none. What the block
holds is the program, be it the placeholder of the prompt; only where it is blank there is none.
"""

from __future__ import annotations

import re

from real.extract.code_blocks import line_starts
from real.extract.located import Located
from real.extract.reasons import EMPTY, NO_BLOCK
from real.types import Program

_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
_CHECKS = ("assert", "print")


def released_program(text: str, rule: str) -> Located:
    """The program of ``text`` by one of these rules, or the reason why there is none.

    * ``first`` (SecCodePLT+): the first block.
    * ``last`` (SafeSQL): the last block, without blanks around it.
    * ``last_without_checks`` (APPS+): the same without the lines that begin, in their first column, with ``assert`` or
      ``print``, whatever follows; of a statement over several lines the others stay.
    """
    blocks = list(_BLOCK.finditer(text))
    if not blocks:
        return Located(Program(None, NO_BLOCK))
    block = blocks[0 if rule == "first" else -1]
    code, start = block[1].removesuffix("\n"), block.start(1)
    if rule != "first":
        code, start = block[1].strip(), start + len(block[1]) - len(block[1].lstrip())
    lines = code.split("\n")
    kept = list(zip(lines, line_starts(lines, start), strict=True))
    if rule == "last_without_checks":
        kept = [(line, at) for line, at in kept if not line.startswith(_CHECKS)]
        code = "\n".join(line for line, _ in kept)
    return Located(Program(code), tuple(at for _, at in kept)) if code.strip() else Located(Program(None, EMPTY))
