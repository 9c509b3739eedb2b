"""Polars: data frames."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "polars",
    "polars",
    (*sinks(Kind.SQL_QUERY, arg(0, "query"), "**.read_database", returns_stored=True),),
    unchecked="too large for the check",
)
