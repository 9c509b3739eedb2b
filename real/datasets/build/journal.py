"""Results of earlier runs, one JSON line for each finished piece of work, so that an interrupted build goes on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from real.io import disk


def digest(*facts: object) -> str:
    """A key from everything that a result depends on."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class BuildJournal:
    """An append-only JSON Lines file of results by key; a broken file raises ``DataError``, a full disk
    ``InfrastructureError``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = disk.read_lines(path) if path.exists() else []
        if lines and not path.read_bytes().endswith(b"\n"):
            disk.write_lines(path, lines)  # a kill tore the last line off: the next record must not continue it
        self._known = {str(line.get("key")): line for line in lines}

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str) -> dict[str, object] | None:
        """The result with this key, or ``None``."""
        return self._known.get(key)

    def put(self, key: str, record: dict[str, object]) -> None:
        """Write a result down at once."""
        line = {"key": key, **record}
        disk.append_line(self.path, line)
        self._known[key] = line
