"""One move of the adversary: any meaning-preserving rewrite or natural edit, by name."""

from __future__ import annotations

from collections.abc import Sequence

from real.redteam.rewrites import REWRITES, rewritten
from real.redteam.rewrites.natural import EDITS, edited

MOVES = (*(f"rewrite {name}" for name in REWRITES), *(f"edit {name}" for name in EDITS))


def moved(move: str, code: str) -> str | None:
    """The program after a move of ``MOVES``, or ``None`` where it does not fit."""
    kind, _, name = move.partition(" ")
    try:
        return rewritten(REWRITES[name], code) if kind == "rewrite" else edited(EDITS[name], code)
    except (SyntaxError, ValueError, RecursionError):  # of what earlier moves have made
        return None


def moved_by_all(moves: Sequence[str], code: str) -> str | None:
    """The program after several moves, one after the other; ``None`` as soon as one does not fit."""
    made: str | None = code
    for move in moves:
        made = moved(move, made) if made is not None else None
    return made
