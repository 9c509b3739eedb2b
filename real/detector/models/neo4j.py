"""Neo4j: graphs."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "neo4j",
    "neo4j==6.4.1",
    (
        *sinks(
            Kind.QUERY, arg(0, "query"), "neo4j.**.run", of=("neo4j.Session", "neo4j.Transaction", "neo4j.AsyncSession")
        ),
        *sinks(Kind.QUERY, arg(0, "query_"), "neo4j.**.execute_query", of=("neo4j.Driver",)),
    ),
)
