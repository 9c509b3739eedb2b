"""The program of a response as the paper's released scorers take it out: by the text of the fences alone.

A block begins with three backticks and ``python`` at the end of a line, and ends at the next three backticks, wherever
they stand: also inside a docstring. Other languages, other fences and blocks that never end are none. What the block
holds is the program, be it the placeholder of the prompt; only where it is blank there is none.
"""

from __future__ import annotations

import re

from real.extract.reasons import EMPTY, NO_BLOCK
from real.types import Program

_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
_CHECKS = ("assert", "print")


def released_program(text: str, rule: str) -> Program:
    """The program of ``text`` by one of these rules, or the reason why there is none.

    * ``first`` (SecCodePLT+): the first block.
    * ``last`` (SafeSQL): the last block, without blanks around it.
    * ``last_without_checks`` (APPS+): the same without the lines that begin, in their first column, with ``assert`` or
      ``print``, whatever follows; of a statement over several lines the others stay.
    """
    blocks = _BLOCK.findall(text)
    if not blocks:
        return Program(None, NO_BLOCK)
    code = blocks[0].removesuffix("\n") if rule == "first" else blocks[-1].strip()
    if rule == "last_without_checks":
        code = "\n".join(line for line in code.split("\n") if not line.startswith(_CHECKS))
    return Program(code) if code.strip() else Program(None, EMPTY)
