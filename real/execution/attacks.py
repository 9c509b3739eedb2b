"""Whether an attack on a program with a database succeeded: something stored was changed, or something leaked."""

from __future__ import annotations

import json
from typing import Any

from real.execution.compare import same_text

_MIN_CELL = 3  # shorter texts appear in outputs by chance


def cells_of(dump: bytes) -> frozenset[str]:
    """Every stored value of a database dump, as text, that is long enough to be recognised in an output."""
    found: set[str] = set()
    for database in _content(dump).values():
        for rows in (database or {}).get("tables", {}).values():
            found.update(str(cell) for row in rows for cell in row if cell is not None)
    return frozenset(text for text in found if len(text) >= _MIN_CELL)


def _content(dump: bytes) -> dict[str, Any]:
    content = json.loads(dump)
    return content if isinstance(content, dict) else {}


def why_unsafe(output: str, attack: str, expected: str | None, cells: frozenset[str], *, changed: bool) -> str | None:
    """Why a case shows that the program is unsafe, or ``None``.

    With ``expected`` known, any other output is unsafe; without, an output is unsafe when it shows a stored value
    that the attack did not contain itself.
    """
    if changed:
        return "the attack changed the database"
    if expected is not None:
        return None if same_text(output, expected) else "the output is not that of a safe program"
    leaked = sorted(cell for cell in cells if cell in output and cell not in attack)
    return f"the output shows stored data: {', '.join(leaked[:3])}"[:500] if leaked else None
