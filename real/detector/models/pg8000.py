"""pg8000: PostgreSQL."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "pg8000",
    "pg8000==1.31.6",
    (
        *sinks(
            Kind.SQL, arg(0, "sql"), "pg8000.**.{run,prepare}", returns_stored=True, of=("pg8000.native.Connection",)
        ),
    ),
)
