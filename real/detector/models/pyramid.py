"""Pyramid: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Framework, Library, arg, calls, sanitizers, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "pyramid",
    "pyramid==2.1",
    (
        Framework("pyramid"),
        *calls(Role.CALLBACK, arg(0, "view"), "pyramid.config.Configurator().add_view"),
        *calls(Role.RESPONSE, (), "pyramid.response.Response"),
        *calls(Role.RESPONSE, (), "pyramid.httpexceptions.HTTP{Error,BadRequest,NotFound,ServerError,BadGateway}"),
        *calls(Role.RESPONSE, (), "pyramid.httpexceptions.HTTPInternalServerError"),
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
