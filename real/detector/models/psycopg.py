"""Psycopg 3: PostgreSQL."""

from __future__ import annotations

from real.detector.models.kinds import SQL_KINDS, Kind, Role
from real.detector.models.rows import Builder, Library, arg, calls, sinks

LIBRARY = Library(
    "psycopg",
    "psycopg==3.3.9",
    (
        *calls(Role.CONNECTOR, (), "psycopg.{AsyncConnection.,}connect"),
        *sinks(Kind.SQL_TEXT, arg(0, "obj"), "psycopg.sql.SQL", returns_stored=True),
        *sinks(Kind.SQL, arg(0, "query"), "psycopg.**.stream", returns_stored=True, of=("psycopg.Cursor",)),
        *sinks(Kind.SQL, arg(0, "statement"), "psycopg.**.copy", returns_stored=True, of=("psycopg.Cursor",)),
        Builder("psycopg.sql", SQL_KINDS),
    ),
)
