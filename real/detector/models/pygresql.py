"""PyGreSQL: PostgreSQL."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "pygresql",
    "PyGreSQL",
    (*sinks(Kind.SQL, arg(0, "command"), "pg.**.query", returns_stored=True),),
    unchecked="needs libpq",
)
