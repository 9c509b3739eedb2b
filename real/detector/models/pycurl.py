"""PycURL: a client of HTTP."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "pycurl", "pycurl", (*sinks(Kind.REQUEST_TARGET, arg(1), "pycurl.Curl().setopt"),), unchecked="needs libcurl"
)
