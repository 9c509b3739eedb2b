"""The client of ClickHouse."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "clickhouse_connect",
    "clickhouse-connect==1.12.0",
    (
        *sinks(
            Kind.SQL,
            arg(0, "query"),
            "clickhouse_connect.**.{query,query_df}",
            returns_stored=True,
            of=("clickhouse_connect.driver.client.Client",),
        ),
        *sinks(
            Kind.SQL,
            arg(0, "cmd"),
            "clickhouse_connect.**.command",
            returns_stored=True,
            of=("clickhouse_connect.driver.client.Client",),
        ),
    ),
)
