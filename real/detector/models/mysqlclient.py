"""mysqlclient: MySQL."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "mysqlclient",
    "mysqlclient",
    (*sinks(Kind.SQL, arg(0, "query"), "MySQLdb.**.query", returns_stored=True),),
    unchecked="needs the libraries of MySQL",
)
