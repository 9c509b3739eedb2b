"""Pyramid: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sanitizers, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "pyramid",
    "pyramid==2.1",
    (
        *sinks(
            Kind.HTML,
            arg(0, "body"),
            "pyramid.{response,request}.Response",
            when=IsHtml((arg(None, "content_type"),), default=True),
        ),
        *sinks(
            Kind.REDIRECT,
            arg(0, "location"),
            "pyramid.httpexceptions.{HTTPFound,HTTPSeeOther,HTTPMovedPermanently,HTTPTemporaryRedirect}",
        ),
        *sanitizers((Kind.REDIRECT,), "**.route_path", "**.route_url", of=("pyramid.request.Request",)),
    ),
)
