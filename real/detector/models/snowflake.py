"""The connector of Snowflake."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "snowflake",
    "snowflake-connector-python",
    (
        *sinks(Kind.SQL, arg(0, "command"), "**.execute_async", returns_stored=True),
        *sinks(Kind.SQL_SCRIPT, arg(0, "sql_text"), "**.execute_string", returns_stored=True),
    ),
    unchecked="too large for the check",
)
