"""CherryPy: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind, SourceKind
from real.detector.models.rows import Library, arg, sinks, sources

LIBRARY = Library(
    "cherrypy",
    "cherrypy==18.10.0",
    (
        *sinks(Kind.REDIRECT, arg(0, "urls"), "cherrypy.HTTPRedirect"),
        *sources(SourceKind.HTTP, "cherrypy.request is sent by the client", "cherrypy.request"),
    ),
)
