"""aiohttp: server and client of HTTP."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Framework, Library, Module, Setting, arg, calls, handlers, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "aiohttp",
    "aiohttp==3.14.5",
    (
        Setting("client_max_size", Role.BODY_LIMIT),
        *calls(Role.MESSAGE_LIMIT, arg(None, "client_max_size"), "aiohttp.web.Application"),
        *calls(Role.MESSAGE_LIMIT, arg(None, "max_msg_size"), "aiohttp.web.WebSocketResponse"),
        *calls(Role.MESSAGE_LIMIT, arg(None, "max_msg_size"), "aiohttp.ClientSession().ws_connect"),
        *calls(Role.CONNECTOR_PART, arg(None, "connector"), "aiohttp.ClientSession"),
        *calls(Role.CONNECTOR_PART, arg(None, "resolver"), "aiohttp.TCPConnector"),
        *calls(Role.RESOLVER, (), "aiohttp.ThreadedResolver().resolve"),
        Framework("aiohttp"),
        Module("aiohttp.ClientSession()", Role.PEER),
        *calls(Role.OF_SERVER, (), "aiohttp.web.Request().app"),
        *calls(Role.APPLICATION, (), "aiohttp.web"),
        *calls(Role.ROUTE, (), "aiohttp.web.RouteTableDef().{route,get,post,put,patch,delete,head,options,view}"),
        *calls(Role.REGISTRAR, arg(1, "handler"), "aiohttp.web.{get,post,put,patch,delete,head,options,view}"),
        *calls(
            Role.REGISTRAR,
            arg(1, "handler"),
            "aiohttp.web.UrlDispatcher().add_{get,post,put,patch}",
            "aiohttp.web.UrlDispatcher().add_{delete,head,options}",
        ),
        *calls(Role.REGISTRAR, arg(2, "handler"), "aiohttp.web.UrlDispatcher().add_route"),
        *calls(Role.CALLBACK, arg(1, "handler"), "aiohttp.web.UrlDispatcher().add_view"),
        *handlers("View", "aiohttp.web.View"),
        *calls(Role.RESPONSE, (), "aiohttp.web.{Response,json_response,HTTPException,HTTPError,HTTPBadRequest}"),
        *calls(Role.RESPONSE, (), "aiohttp.web.HTTP{NotFound,ServerError,BadGateway,InternalServerError}"),
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
        *calls(Role.REFUSAL, (), "aiohttp.web.HTTPForbidden"),
    ),
)
