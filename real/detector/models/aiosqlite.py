"""aiosqlite: SQLite for asyncio."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "aiosqlite",
    "aiosqlite==0.22.1",
    (
        *sinks(
            Kind.SQL,
            arg(0, "sql"),
            "**.{execute_fetchall,execute_insert}",
            returns_stored=True,
            of=("aiosqlite.Connection",),
        ),
    ),
)
