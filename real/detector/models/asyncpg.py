"""asyncpg: PostgreSQL for asyncio."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks

LIBRARY = Library(
    "asyncpg",
    "asyncpg==0.32.0",
    (
        *calls(Role.CONNECTOR, (), "asyncpg.connect", "asyncpg.create_pool"),
        *sinks(
            Kind.SQL,
            arg(0, "query"),
            "asyncpg.**.fetch",
            "asyncpg.**.fetchrow",
            "asyncpg.**.fetchval",
            "asyncpg.**.fetchmany",
            "asyncpg.**.copy_from_query",
            "asyncpg.**.prepare",
            returns_stored=True,
            of=("asyncpg.connection.Connection",),
        ),
    ),
)
