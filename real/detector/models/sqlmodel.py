"""SQLModel: SQLAlchemy with pydantic."""

from __future__ import annotations

from real.detector.models.kinds import SQL_KINDS, Kind
from real.detector.models.rows import Builder, Library, arg, sinks

LIBRARY = Library(
    "sqlmodel",
    "sqlmodel==0.0.50",
    (
        *sinks(Kind.SQL_TEXT, arg(0, "text"), "sqlmodel.**.text", returns_stored=True, of=("sqlmodel",)),
        Builder("sqlmodel", SQL_KINDS),
    ),
)
