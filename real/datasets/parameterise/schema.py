"""Names of the tables and columns that a database script creates: what an allow-list may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TABLE = re.compile(
    r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?[\"'`\[]?(\w+)[\"'`\]]?\s*"
    r"\((.*?)\)\s*(?:;|\"\"\"|'''|['\"]\s*\))",
    re.I | re.S,
)
_NO_COLUMN = frozenset(["primary", "foreign", "unique", "check", "constraint"])


@dataclass(frozen=True)
class Schema:
    """Tables and columns, in the order in which they are created."""

    tables: tuple[str, ...]
    columns: tuple[str, ...]


def schema(script: str) -> Schema:
    """Read the ``CREATE TABLE`` statements in a script's text; nothing is run."""
    tables: dict[str, None] = {}
    columns: dict[str, None] = {}
    for match in _TABLE.finditer(script):
        tables[match[1]] = None
        for part in re.split(r",(?![^()]*\))", match[2]):
            words = re.findall(r"\w+", part)
            if words and words[0].lower() not in _NO_COLUMN:
                columns[words[0]] = None
    return Schema(tuple(tables), tuple(columns))
