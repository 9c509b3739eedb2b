"""Bottle: a web framework in one file."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind, SourceKind
from real.detector.models.rows import Library, arg, sanitizers, sinks, sources
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "bottle",
    "bottle==0.13.4",
    (
        *sinks(
            Kind.HTML, arg(0, "body"), "bottle.HTTPResponse", when=IsHtml((arg(None, "content_type"),), default=True)
        ),
        *sinks(Kind.TEMPLATE, arg(0, "source"), "bottle.SimpleTemplate"),
        *sinks(Kind.TEMPLATE, arg(0), "bottle.template"),
        *sinks(Kind.REDIRECT, arg(0, "url"), "bottle.redirect"),
        *sanitizers(MARKUP, "bottle.html_escape", "bottle.html_quote"),
        *sources(SourceKind.HTTP, "bottle.request is sent by the client", "bottle.request"),
    ),
)
