"""DuckDB: a database inside the process."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "duckdb",
    "duckdb==2.0.1",
    (
        *sinks(
            Kind.SQL, arg(0, "query"), "duckdb.**.{sql,query}", returns_stored=True, of=("duckdb.DuckDBPyConnection",)
        ),
    ),
)
