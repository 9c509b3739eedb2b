"""aiohttp: server and client of HTTP."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks
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
            "aiohttp.{web,web_exceptions}.{HTTPFound,HTTPSeeOther,HTTPMovedPermanently,HTTPTemporaryRedirect}",
        ),
        *sinks(
            Kind.URL,
            arg(0, "url"),
            "aiohttp.ClientSession().{head,delete,options,patch,get,post,put,ws_connect}",
            "aiohttp.client.ClientSession().{head,delete,options,patch,get,post,put}",
        ),
        *sinks(Kind.URL, arg(1, "url"), "aiohttp.{ClientSession().,client.ClientSession().,}request"),
        *calls(
            Role.SERVER_CHECK,
            arg(None, "ssl"),
            "aiohttp.ClientSession().{get,post,put,patch,delete,head,options,request,ws_connect}",
            "aiohttp.TCPConnector",
        ),
    ),
)
