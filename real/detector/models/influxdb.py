"""InfluxDB 1: series, in InfluxQL."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "influxdb",
    "influxdb==5.3.2",
    (
        *sinks(
            Kind.SQL_QUERY, arg(0, "query"), "influxdb.**.query", returns_stored=True, of=("influxdb.InfluxDBClient",)
        ),
    ),
)
