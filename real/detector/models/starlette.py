"""Starlette: the toolkit below FastAPI."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Framework, Library, Module, Setting, arg, calls, handlers, sanitizers, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "starlette",
    "starlette==1.10.0",
    (
        *calls(
            Role.CORS,
            (arg(None, "allow_credentials"), arg(None, "allow_origins"), arg(None, "allow_origin_regex")),
            "starlette.middleware.cors.CORSMiddleware",
            "**.add_middleware",
        ),
        Setting("max_part_size", Role.BODY_LIMIT),
        Framework("starlette", quotes=True),
        Module("starlette.middleware.sessions", Role.SAME_SITE_SESSIONS),
        *calls(Role.OF_SERVER, (), "starlette.requests.Request().app"),
        *calls(Role.APPLICATION, (), "starlette.applications.Starlette"),
        *calls(Role.REGISTRAR, arg(1, "endpoint"), "starlette.routing.Route"),
        *calls(Role.CALLBACK, arg(1, "endpoint"), "starlette.routing.WebSocketRoute"),
        *calls(Role.REGISTRAR, arg(1, "route"), "starlette.applications.Starlette().add_route", until="1.0"),
        *calls(Role.CALLBACK, arg(1, "route"), "starlette.applications.Starlette().add_websocket_route", until="1.0"),
        *handlers("HTTPEndpoint", "starlette.endpoints.HTTPEndpoint"),
        *calls(Role.RESPONSE, (), "starlette.responses.{Response,JSONResponse,HTMLResponse,PlainTextResponse}"),
        *calls(Role.RESPONSE, (), "starlette.exceptions.HTTPException"),
        *calls(Role.BODY, (), "starlette.responses.Response().body"),
        *calls(Role.DEBUG, arg(None, "debug"), "starlette.applications.Starlette"),
        *sinks(Kind.PATH, arg(0, "path"), "starlette.responses.FileResponse"),
        *sinks(
            Kind.HTML,
            arg(0, "content"),
            "starlette.responses.HTMLResponse",
            when=IsHtml((arg(None, "media_type"),), default=True),
        ),
        *sinks(
            Kind.HTML,
            arg(0, "content"),
            "starlette.responses.Response",
            when=IsHtml((arg(None, "media_type"),), default=False),
        ),
        *sinks(Kind.REDIRECT, arg(0, "url"), "starlette.responses.RedirectResponse"),
        *sanitizers((Kind.REDIRECT,), "**.url_path_for", of=("starlette.applications.Starlette",)),
        *sanitizers((Kind.HTML,), "starlette.responses.JSONResponse"),
    ),
)
