"""HTTPX: a client of HTTP."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, Module, arg, calls, sinks

LIBRARY = Library(
    "httpx",
    "httpx==0.28.1",
    (
        Module("httpx", Role.PEER),
        *calls(Role.CONNECTOR_PART, arg(None, "transport"), "httpx.{Client,AsyncClient}"),
        *calls(Role.URL_PARSER, (), "httpx.URL"),
        *sinks(
            Kind.URL,
            arg(0, "url"),
            "httpx.{head,delete,options,patch,get,post,put}",
            "httpx.Client().{head,delete,options,patch,get,post,put}",
            "httpx.AsyncClient().{head,delete,options,patch,get,post,put}",
        ),
        *sinks(
            Kind.URL,
            arg(1, "url"),
            "httpx.{request,stream}",
            "httpx.Client().{request,stream}",
            "httpx.AsyncClient().{request,stream}",
        ),
        *calls(
            Role.SERVER_CHECK,
            arg(None, "verify"),
            "httpx.{get,post,put,patch,delete,head,options,request,stream,Client,AsyncClient}",
        ),
        *calls(Role.DOWNLOAD, (), "httpx.get"),
    ),
)
