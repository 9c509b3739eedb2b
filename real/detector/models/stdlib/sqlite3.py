"""Python: SQLite."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, modules, sinks

LIBRARY = Library(
    "sqlite3",
    "",
    (
        *modules(Role.STANDARD_SQL, "sqlite3"),
        *sinks(
            Kind.SQL_SCRIPT,
            arg(0, "sql_script"),
            "**.executescript",
            returns_stored=True,
            of=("sqlite3.Cursor", "sqlite3.Connection"),
        ),
    ),
)
