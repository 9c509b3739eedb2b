"""PySpark: data frames on a cluster."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "pyspark",
    "pyspark",
    (*sinks(Kind.SQL, arg(0, "sqlQuery"), "pyspark.**.sql", returns_stored=True),),
    unchecked="too large for the check",
)
