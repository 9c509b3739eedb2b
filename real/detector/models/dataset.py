"""dataset: tables without models."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "dataset",
    "dataset==2.0.0",
    (*sinks(Kind.SQL, arg(0, "query"), "dataset.**.query", returns_stored=True, of=("dataset.Database",)),),
)
