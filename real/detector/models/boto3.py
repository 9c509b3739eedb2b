"""boto3: the services of AWS."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "boto3",
    "boto3==1.44.8",
    (*sinks(Kind.SQL_QUERY, arg(None, "QueryString"), "boto3.**.start_query_execution", returns_stored=True),),
)
