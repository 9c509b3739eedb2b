"""Psycopg 2: PostgreSQL."""

from __future__ import annotations

from real.detector.models.kinds import SQL_KINDS, Kind, Role
from real.detector.models.rows import Builder, Library, arg, calls, sanitizers, sinks

LIBRARY = Library(
    "psycopg2",
    "psycopg2-binary==2.9.13",
    (
        *calls(Role.CONNECTOR, (), "psycopg2.connect"),
        *sinks(Kind.SQL_TEXT, arg(0, "string"), "psycopg2.sql.SQL", returns_stored=True),
        *sinks(Kind.SQL, arg(1, "sql"), "psycopg2.extras.{execute_values,execute_batch}", returns_stored=True),
        *sinks(Kind.SQL, arg(0, "sql"), "**.copy_expert", returns_stored=True, of=("psycopg2.extensions.cursor",)),
        *sinks(Kind.SQL, arg(0, "query"), "**.mogrify", returns_stored=True, of=("psycopg2.extensions.cursor",)),
        Builder("psycopg2.sql", SQL_KINDS),
        *sanitizers((Kind.SQL,), "**.escape_identifier", "psycopg2.extensions.{adapt,quote_ident}"),
    ),
)
