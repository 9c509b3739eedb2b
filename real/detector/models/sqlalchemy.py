"""SQLAlchemy: SQL and an object-relational mapper."""

from __future__ import annotations

from real.detector.models.kinds import SQL_KINDS, Kind, Role
from real.detector.models.rows import Builder, Library, arg, calls, sanitizers, sinks

LIBRARY = Library(
    "sqlalchemy",
    "sqlalchemy==2.1.9",
    (
        *calls(Role.SIZE, arg(0, "limit"), "**.limit"),
        *calls(Role.ROW_STATEMENT, arg(0, "table"), "sqlalchemy.update", shown="changes"),
        *calls(Role.ROW_STATEMENT, arg(0, "table"), "sqlalchemy.delete", shown="deletes"),
        *calls(Role.ROW_STATEMENT, arg(0, "table"), "sqlalchemy.insert", shown="creates"),
        *calls(Role.CONNECTOR, (), "sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine"),
        *sinks(Kind.SQL, arg(0, "statement"), "**.exec_driver_sql", returns_stored=True, of=("sqlalchemy.Connection",)),
        *sinks(
            Kind.SQL_TEXT,
            arg(0, "text"),
            "sqlalchemy.**.{text,literal_column,TextClause}",
            returns_stored=True,
            of=("sqlalchemy",),
        ),
        *sinks(Kind.SQL_TEXT, arg(0, "statement"), "sqlalchemy.**.DDL", returns_stored=True, of=("sqlalchemy",)),
        *sinks(
            Kind.SQL_CLAUSE, (arg(0), arg(1)), "**.{prefix_with,suffix_with}", of=("sqlalchemy.sql.expression.Select",)
        ),
        *sinks(Kind.SQL_CLAUSE, arg(1, "text"), "**.with_hint", of=("sqlalchemy.sql.expression.Select",)),
        *sinks(Kind.SQL_CLAUSE, arg(0, "text"), "**.with_statement_hint", of=("sqlalchemy.sql.expression.Select",)),
        *sinks(Kind.SQL_CLAUSE, arg(0, "field"), "sqlalchemy.**.extract", of=("sqlalchemy",)),
        Builder("sqlalchemy", SQL_KINDS),
        *sanitizers((Kind.SQL,), "sqlalchemy.sql.quoted_name"),
    ),
)
