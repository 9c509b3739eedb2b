"""Starlette: the toolkit below FastAPI."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sanitizers, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "starlette",
    "starlette==1.10.0",
    (
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
