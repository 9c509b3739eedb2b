"""clickhouse-driver: ClickHouse."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "clickhouse-driver",
    "clickhouse-driver==0.2.11",
    (
        *sinks(
            Kind.SQL,
            arg(0, "query"),
            "**.{execute_iter,execute_with_progress,query_dataframe}",
            returns_stored=True,
            of=("clickhouse_driver.Client",),
        ),
    ),
)
