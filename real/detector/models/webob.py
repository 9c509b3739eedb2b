"""WebOb: requests and responses of WSGI."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "webob",
    "webob==1.8.11",
    (
        *sinks(
            Kind.HTML,
            arg(0, "body"),
            "webob.{,response.}Response",
            when=IsHtml((arg(None, "content_type"),), default=True),
        ),
    ),
)
