"""Flask-SQLAlchemy."""

from __future__ import annotations

from real.detector.models.kinds import SQL_KINDS, Kind
from real.detector.models.rows import Builder, Library, arg, sinks

LIBRARY = Library(
    "flask_sqlalchemy",
    "Flask-SQLAlchemy==3.1.1",
    (
        *sinks(
            Kind.SQL_TEXT,
            arg(0, "text"),
            "flask_sqlalchemy.**.{text,literal_column}",
            returns_stored=True,
            of=("sqlalchemy",),
        ),
        *sinks(Kind.SQL_TEXT, arg(0, "statement"), "flask_sqlalchemy.**.DDL", returns_stored=True, of=("sqlalchemy",)),
        Builder("flask_sqlalchemy", SQL_KINDS),
    ),
)
