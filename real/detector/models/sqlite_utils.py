"""sqlite-utils: SQLite."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "sqlite-utils",
    "sqlite-utils==4.2.1",
    (*sinks(Kind.SQL, arg(0, "sql"), "sqlite_utils.**.query", returns_stored=True, of=("sqlite_utils.Database",)),),
)
