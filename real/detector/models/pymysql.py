"""PyMySQL: MySQL."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "pymysql",
    "pymysql==1.2.4",
    (*sinks(Kind.SQL, arg(0, "sql"), "pymysql.**.query", returns_stored=True, of=("pymysql.connections.Connection",)),),
)
