"""InfluxDB 2: series, in Flux."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "influxdb-client",
    "influxdb-client==1.50.0",
    (
        *sinks(
            Kind.QUERY,
            arg(0, "query"),
            "influxdb_client.**.{query,query_csv,query_data_frame,query_raw,query_stream}",
            of=("influxdb_client.QueryApi",),
        ),
    ),
)
