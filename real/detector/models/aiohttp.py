"""aiohttp: server and client of HTTP."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "aiohttp",
    "aiohttp==3.14.5",
    (
        *sinks(Kind.PATH, arg(0, "path"), "aiohttp.web.FileResponse"),
        *sinks(
            Kind.HTML,
            arg(None, "text", "body"),
            "aiohttp.web.Response",
            when=IsHtml((arg(None, "content_type"),), default=False),
        ),
        *sinks(
            Kind.REDIRECT,
            arg(0, "location"),
            "aiohttp.web.HTTPFound",
            "aiohttp.web.HTTPSeeOther",
            "aiohttp.web.HTTPMovedPermanently",
            "aiohttp.web.HTTPTemporaryRedirect",
            "aiohttp.web_exceptions.HTTPFound",
            "aiohttp.web_exceptions.HTTPSeeOther",
            "aiohttp.web_exceptions.HTTPMovedPermanently",
            "aiohttp.web_exceptions.HTTPTemporaryRedirect",
        ),
        *sinks(
            Kind.URL,
            arg(0, "url"),
            "aiohttp.ClientSession().head",
            "aiohttp.ClientSession().delete",
            "aiohttp.ClientSession().options",
            "aiohttp.ClientSession().patch",
            "aiohttp.ClientSession().get",
            "aiohttp.ClientSession().post",
            "aiohttp.ClientSession().put",
            "aiohttp.client.ClientSession().head",
            "aiohttp.client.ClientSession().delete",
            "aiohttp.client.ClientSession().options",
            "aiohttp.client.ClientSession().patch",
            "aiohttp.client.ClientSession().get",
            "aiohttp.client.ClientSession().post",
            "aiohttp.client.ClientSession().put",
            "aiohttp.ClientSession().ws_connect",
        ),
        *sinks(
            Kind.URL,
            arg(1, "url"),
            "aiohttp.ClientSession().request",
            "aiohttp.client.ClientSession().request",
            "aiohttp.request",
        ),
    ),
)
