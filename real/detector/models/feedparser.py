"""feedparser: feeds of news."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "feedparser",
    "feedparser==6.0.14",
    (*sinks(Kind.FETCHED_URL, arg(0, "url_file_stream_or_string"), "feedparser.parse"),),
)
