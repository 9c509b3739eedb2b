"""Psycopg 3: PostgreSQL."""

from __future__ import annotations

from real.detector.models.kinds import SQL_KINDS, Kind
from real.detector.models.rows import Builder, Library, arg, sinks

LIBRARY = Library(
    "psycopg",
    "psycopg==3.3.9",
    (
        *sinks(Kind.SQL_TEXT, arg(0, "obj"), "psycopg.sql.SQL", returns_stored=True),
        Builder("psycopg.sql", SQL_KINDS),
    ),
)
