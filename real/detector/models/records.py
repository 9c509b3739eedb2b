"""Records: SQL."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "records",
    "records",
    (*sinks(Kind.SQL, arg(0, "query"), "records.Database().query", returns_stored=True),),
    unchecked="pins an old SQLAlchemy",
)
