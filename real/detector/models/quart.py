"""Quart: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role, SourceKind
from real.detector.models.rows import Framework, Library, Template, arg, calls, sanitizers, sinks, sources
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "quart",
    "quart==0.22.0",
    (
        Template("quart.render_template_string"),
        Template("quart.stream_template_string"),
        *calls(Role.PROXY, (), "quart.current_app"),
        *calls(Role.RENDER, arg(0, "template_name_or_list"), "quart.{,templating.}{render_template,stream_template}"),
        Framework("quart", html=True, quotes=True),
        *calls(Role.APPLICATION, (), "quart.Quart"),
        *calls(Role.ROUTE, (), "quart.{Quart,Blueprint}().{route,get,post,put,patch,delete,websocket}"),
        *calls(Role.RESPONSE, (), "quart.{Response,make_response,jsonify,abort}"),
        *calls(Role.EXIT, (), "quart.abort"),
        *calls(Role.DEBUG, (arg(0, "host"), arg(2, "debug")), "quart.Quart().run"),
        *sinks(
            Kind.HTML,
            arg(0, "response"),
            "quart.Response",
            when=IsHtml((arg(None, "mimetype"), arg(None, "content_type")), default=True),
        ),
        *sinks(Kind.TEMPLATE, arg(0, "source"), "quart.render_template_string"),
        *sinks(Kind.REDIRECT, arg(0, "location"), "quart.redirect"),
        *sanitizers((Kind.HTML,), "quart.render_template"),
        *sanitizers((Kind.REDIRECT,), "quart.url_for"),
        *sources(SourceKind.HTTP, "quart.request is sent by the client", "quart.request"),
    ),
)
