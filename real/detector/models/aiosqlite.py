"""aiosqlite: SQLite for asyncio."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, modules, sinks

LIBRARY = Library(
    "aiosqlite",
    "aiosqlite==0.22.1",
    (
        *modules(Role.STANDARD_SQL, "aiosqlite"),
        *sinks(
            Kind.SQL,
            arg(0, "sql"),
            "**.{execute_fetchall,execute_insert}",
            returns_stored=True,
            of=("aiosqlite.Connection",),
        ),
    ),
)
