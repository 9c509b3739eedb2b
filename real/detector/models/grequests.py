"""grequests: requests at the same time."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "grequests",
    "grequests",
    (
        *sinks(Kind.URL, arg(0, "url"), "grequests.{head,delete,options,patch,get,post,put}"),
        *sinks(Kind.URL, arg(1, "url"), "grequests.request"),
    ),
    unchecked="patches the standard library when it is imported",
)
