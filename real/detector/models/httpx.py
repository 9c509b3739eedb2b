"""HTTPX: a client of HTTP."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "httpx",
    "httpx==0.28.1",
    (
        *sinks(
            Kind.URL,
            arg(0, "url"),
            "httpx.head",
            "httpx.delete",
            "httpx.options",
            "httpx.patch",
            "httpx.get",
            "httpx.post",
            "httpx.put",
            "httpx.Client().head",
            "httpx.Client().delete",
            "httpx.Client().options",
            "httpx.Client().patch",
            "httpx.Client().get",
            "httpx.Client().post",
            "httpx.Client().put",
            "httpx.AsyncClient().head",
            "httpx.AsyncClient().delete",
            "httpx.AsyncClient().options",
            "httpx.AsyncClient().patch",
            "httpx.AsyncClient().get",
            "httpx.AsyncClient().post",
            "httpx.AsyncClient().put",
        ),
        *sinks(
            Kind.URL,
            arg(1, "url"),
            "httpx.request",
            "httpx.Client().request",
            "httpx.AsyncClient().request",
            "httpx.stream",
            "httpx.Client().stream",
            "httpx.AsyncClient().stream",
        ),
    ),
)
