"""asyncpg: PostgreSQL for asyncio."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks

LIBRARY = Library(
    "asyncpg",
    "asyncpg==0.32.0",
    (
        *calls(Role.CONNECTOR, (), "asyncpg.{connect,create_pool}"),
        *sinks(
            Kind.SQL,
            arg(0, "query"),
            "asyncpg.**.{fetch,fetchrow,fetchval,fetchmany,copy_from_query,prepare}",
            returns_stored=True,
            of=("asyncpg.connection.Connection",),
        ),
    ),
)
