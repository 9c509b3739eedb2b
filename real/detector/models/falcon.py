"""Falcon: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Framework, Library, arg, calls, handlers, sinks

LIBRARY = Library(
    "falcon",
    "falcon==4.4.0",
    (
        Framework("falcon"),
        *calls(Role.REGISTRAR, arg(1, "resource"), "falcon.App().add_route"),
        *handlers("Resource", "falcon.App", form="on_{}"),
        *calls(Role.RESPONSE, (), "falcon.HTTP{Error,BadRequest,NotFound,BadGateway,InternalServerError}"),
        *calls(Role.BODY, (), "falcon.Response().{media,text,data}"),
        *calls(Role.BODY, (), "falcon.Response().body", until="Falcon 4"),
        *calls(Role.PAGE_BODY, (), "falcon.Response().text"),
        *calls(Role.PAGE_BODY, (), "falcon.Response().body", until="Falcon 4"),
        *sinks(
            Kind.REDIRECT,
            arg(0, "location"),
            "falcon.{HTTPFound,HTTPSeeOther,HTTPMovedPermanently,HTTPTemporaryRedirect,HTTPPermanentRedirect}",
        ),
    ),
)
