"""Published vulnerabilities of packages: written down from the advisories before anything was measured on them.

``published.csv`` has a row for each: the two releases, the file (by the end of its path), the functions that the fix
changed, or that use the constant that it changed (``Class.method`` where the name alone would not tell; none where the
fix is a table at the top of the file), and the weakness as the detector calls it. Each place was read off the
difference of the two releases.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Published:
    """One advisory: a vulnerable and a fixed release, and where the fix is."""

    list: str  # "first" (session 10) or "second" (session 11)
    advisory: str
    package: str
    vulnerable: str
    fixed: str
    file: str
    functions: tuple[str, ...]
    cwe: str

    @property
    def half(self) -> str:
        """``read``: its misses may be read to mend a mechanism; ``unread``: it only measures. By the package's hash."""
        if self.list == "first":
            return "read"
        return "read" if hashlib.sha256(self.package.encode()).digest()[0] % 2 else "unread"


def published() -> tuple[Published, ...]:
    """All rows, in the order of the file."""
    with (Path(__file__).parent / "published.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(Published(functions=tuple(row.pop("functions").split()), **row) for row in rows)
