"""Polars: data frames."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks

LIBRARY = Library(
    "polars",
    "polars",
    (
        *calls(Role.READS_ADDRESS, arg(0, "source"), "polars.{read_csv,read_json,read_excel,read_parquet}"),
        *sinks(Kind.SQL_QUERY, arg(0, "query"), "**.read_database", returns_stored=True),
    ),
    unchecked="too large for the check",
)
