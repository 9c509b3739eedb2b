"""Peewee: an object-relational mapper."""

from __future__ import annotations

from real.detector.models.kinds import SQL_KINDS, Kind
from real.detector.models.rows import Builder, Library, arg, sinks

LIBRARY = Library(
    "peewee",
    "peewee==4.5.3",
    (
        *sinks(Kind.SQL_TEXT, arg(0, "sql"), "peewee.{SQL,RawQuery}", returns_stored=True),
        *sinks(Kind.SQL, arg(0, "sql"), "**.execute_sql", returns_stored=True, of=("peewee.Database",)),
        *sinks(Kind.SQL, arg(0, "sql"), "peewee.**.raw", returns_stored=True, of=("peewee.Model",)),
        Builder("peewee", SQL_KINDS),
    ),
)
