"""web.py: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "webpy",
    "web.py==0.76",
    (
        *sinks(Kind.SQL, arg(0, "sql_query"), "web.**.query", returns_stored=True, of=("web.db.DB",)),
        *sinks(Kind.REDIRECT, arg(0, "url"), "web.{seeother,redirect}"),
    ),
)
