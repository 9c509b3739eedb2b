"""Azure Cosmos DB: documents."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "azure-cosmos",
    "azure-cosmos==4.17.1",
    (
        *sinks(
            Kind.SQL_QUERY, arg(0, "query"), "**.query_items", returns_stored=True, of=("azure.cosmos.ContainerProxy",)
        ),
    ),
)
