"""Tortoise: an object-relational mapper."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "tortoise",
    "tortoise-orm==1.1.9",
    (*sinks(Kind.SQL, arg(0, "query"), "**.execute_query_dict", returns_stored=True),),
    unchecked="too large for the check",
)
