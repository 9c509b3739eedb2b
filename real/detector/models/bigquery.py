"""The client of BigQuery."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "bigquery",
    "google-cloud-bigquery==3.47.0",
    (
        *sinks(
            Kind.SQL,
            arg(0, "query"),
            "google.cloud.bigquery.**.{query,query_and_wait}",
            returns_stored=True,
            of=("google.cloud.bigquery.Client",),
        ),
    ),
)
