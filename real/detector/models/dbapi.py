"""PEP 249: what drivers of databases have in common (sqlite3, psycopg, mysqlclient, pyodbc, oracledb)."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sanitizers, sinks

LIBRARY = Library(
    "dbapi",
    "",
    (
        *calls(Role.SIZE, arg(0, "size"), "**.fetchmany"),
        *sinks(
            Kind.SQL,
            arg(0, "sql", "query", "operation", "statement", "stmt"),
            "**.{execute,executemany}",
            returns_stored=True,
            of=("sqlite3.Cursor", "sqlite3.Connection"),
        ),
        *sinks(Kind.SQL_PROCEDURE, arg(0, "procname"), "**.callproc", returns_stored=True),
        *sanitizers((Kind.SQL,), "**.quote_identifier"),
    ),
)
