"""treq: requests for Twisted."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "treq",
    "treq==26.7.0",
    (
        *sinks(Kind.URL, arg(0, "url"), "treq.{head,delete,patch,get,post,put}"),
        *sinks(Kind.URL, arg(1, "url"), "treq.request"),
    ),
)
