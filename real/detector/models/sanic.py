"""Sanic: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind, SourceKind
from real.detector.models.rows import Library, arg, sinks, sources

LIBRARY = Library(
    "sanic",
    "sanic==25.12.1",
    (
        *sinks(Kind.HTML, arg(0, "body"), "sanic.response.html"),
        *sinks(Kind.REDIRECT, arg(0, "to"), "sanic.response.redirect"),
        *sources(SourceKind.HTTP, "sanic.request is sent by the client", "sanic.request"),
    ),
)
