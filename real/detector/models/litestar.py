"""Litestar: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "litestar",
    "litestar==2.25.0",
    (
        *sinks(
            Kind.HTML, arg(0, "content"), "litestar.Response", when=IsHtml((arg(None, "media_type"),), default=False)
        ),
    ),
)
