"""Reading an SQLite file, in a jail: a program may have left a hostile one."""

from __future__ import annotations

import json
import sqlite3

from .program_output import ClaimWriter

_MAX_CELLS = 200_000


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, (int, float, str)) else f"x'{bytes(value).hex()}'"  # type: ignore[call-overload]


def read_database(name: str) -> dict[str, object]:
    """The schema and the rows of every table; raises ``sqlite3.Error``, or ``ValueError`` when there is too much."""
    connection = sqlite3.connect(name)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    schema = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    tables: dict[str, list[list[object]]] = {}
    left = _MAX_CELLS
    for kind, table, _, _ in schema:
        if kind != "table":
            continue
        quoted = table.replace('"', '""')
        rows = []
        for row in connection.execute(f'SELECT * FROM "{quoted}"'):
            left -= len(row)
            if left < 0:
                raise ValueError("the database is too large")
            rows.append([_cell(value) for value in row])
        tables[table] = rows
    connection.close()
    return {"schema": [list(row) for row in schema], "tables": tables}


def claim_databases(names: list[str], claims: ClaimWriter) -> int:
    """Claim the content of each file, ``null`` for one that cannot be read."""
    content: dict[str, object] = {}
    for name in names:
        try:
            content[name] = read_database(name)
        except (sqlite3.Error, ValueError, UnicodeError):
            content[name] = None
    claims.send(json.dumps(content, sort_keys=True).encode("ascii"))
    return 0
