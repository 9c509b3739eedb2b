"""Quart: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind, SourceKind
from real.detector.models.rows import Library, arg, sanitizers, sinks, sources
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "quart",
    "quart==0.22.0",
    (
        *sinks(
            Kind.HTML,
            arg(0, "response"),
            "quart.Response",
            when=IsHtml((arg(None, "mimetype"), arg(None, "content_type")), default=True),
        ),
        *sinks(Kind.TEMPLATE, arg(0, "source"), "quart.render_template_string"),
        *sinks(Kind.REDIRECT, arg(0, "location"), "quart.redirect"),
        *sanitizers((Kind.HTML,), "quart.render_template"),
        *sanitizers((Kind.REDIRECT,), "quart.url_for"),
        *sources(SourceKind.HTTP, "quart.request is sent by the client", "quart.request"),
    ),
)
