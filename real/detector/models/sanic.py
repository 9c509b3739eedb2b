"""Sanic: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role, SourceKind
from real.detector.models.rows import Framework, Library, Setting, arg, calls, sinks, sources

LIBRARY = Library(
    "sanic",
    "sanic==25.12.1",
    (
        Setting("REQUEST_MAX_SIZE", Role.BODY_LIMIT),
        Framework("sanic"),
        *calls(Role.APPLICATION, (), "sanic.Sanic"),
        *calls(Role.ROUTE, (), "sanic.{Sanic,Blueprint}().{route,get,post,put,patch,delete,head,options,websocket}"),
        *calls(Role.REGISTRAR, arg(0, "handler"), "sanic.{Sanic,Blueprint}().add_route"),
        *calls(Role.RESPONSE, (), "sanic.response.{text,json,html}", "sanic.response.HTTPResponse"),
        *calls(Role.BODY, (), "sanic.response.HTTPResponse().body"),
        *sinks(Kind.HTML, arg(0, "body"), "sanic.response.html"),
        *sinks(Kind.REDIRECT, arg(0, "to"), "sanic.response.redirect"),
        *sources(SourceKind.HTTP, "sanic.request is sent by the client", "sanic.request"),
    ),
)
