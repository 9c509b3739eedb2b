"""FastAPI: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sanitizers, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "fastapi",
    "fastapi==0.165.0",
    (
        *sinks(Kind.PATH, arg(0, "path"), "fastapi.responses.FileResponse"),
        *sinks(
            Kind.HTML,
            arg(0, "content"),
            "fastapi.responses.HTMLResponse",
            when=IsHtml((arg(None, "media_type"),), default=True),
        ),
        *sinks(
            Kind.HTML,
            arg(0, "content"),
            "fastapi.{,responses.}Response",
            when=IsHtml((arg(None, "media_type"),), default=False),
        ),
        *sinks(Kind.REDIRECT, arg(0, "url"), "fastapi.responses.RedirectResponse"),
        *sanitizers((Kind.HTML,), "fastapi.responses.JSONResponse"),
    ),
)
