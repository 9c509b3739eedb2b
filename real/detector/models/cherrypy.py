"""CherryPy: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role, SourceKind
from real.detector.models.rows import Library, arg, calls, sinks, sources

LIBRARY = Library(
    "cherrypy",
    "cherrypy==18.10.0",
    (
        *calls(Role.APPLICATION, (), "cherrypy"),
        *calls(Role.PAGE_VIEW, (), "cherrypy.expose"),
        *calls(Role.RESPONSE, (), "cherrypy.HTTPError"),
        *sinks(Kind.REDIRECT, arg(0, "urls"), "cherrypy.HTTPRedirect"),
        *sources(SourceKind.HTTP, "cherrypy.request is sent by the client", "cherrypy.request"),
    ),
)
