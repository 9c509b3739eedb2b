"""What the text of a caught exception may quote: whatever was called in the ``try``, and of a failed look-up the key.

``KeyError`` and its like quote the key (Python's documentation), and not what it was looked up in, unless that is an
object of the program's own: a handler of look-ups has the keys as arguments, and the solver tells the rest.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from real.detector.ir.instructions import Instr, Operand

RAISING = frozenset({"call", "method", "sub", "binop"})  # their exceptions may quote operands
_LOOK_UPS = frozenset({"KeyError", "IndexError", "LookupError"})


def keys_of_look_ups(caught: ast.expr | None, raisers: Sequence[Instr]) -> list[Operand]:
    """The keys that were looked up, where only failed look-ups are caught."""
    if caught is None or not _is_of_look_ups(caught):
        return []
    return [arg for raiser in raisers if raiser.op != "call" for arg in raiser.args[1:]]


def _is_of_look_ups(kind: ast.expr) -> bool:
    if isinstance(kind, ast.Tuple):
        return bool(kind.elts) and all(_is_of_look_ups(one) for one in kind.elts)
    return isinstance(kind, ast.Name) and kind.id in _LOOK_UPS
