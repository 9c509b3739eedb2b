"""databases: SQL for asyncio."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks

LIBRARY = Library(
    "databases",
    "databases",
    (
        *calls(Role.CONNECTOR, (), "databases.Database"),
        *sinks(Kind.SQL, arg(0, "query"), "databases.**.{fetch_all,fetch_one,fetch_val,iterate}", returns_stored=True),
    ),
    unchecked="pins an old SQLAlchemy",
)
