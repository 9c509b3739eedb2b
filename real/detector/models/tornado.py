"""Tornado: a web server and framework."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind, Role, SourceKind
from real.detector.models.rows import Library, Setting, Template, arg, calls, handlers, sanitizers, sinks, sources

LIBRARY = Library(
    "tornado",
    "tornado==6.6.1",
    (
        *calls(Role.PROXY, (), "tornado.web.RequestHandler().{application,settings}"),
        *calls(Role.CSRF_SWITCH, arg(None, "xsrf_cookies"), "tornado.web.Application"),
        Setting("max_body_size", Role.BODY_LIMIT),
        Setting("max_buffer_size", Role.BODY_LIMIT),
        Template(
            "tornado.template.Template().generate", "tornado.template.Template", "template_string", switch="autoescape"
        ),
        *handlers("Handler", "tornado.web.RequestHandler", is_alone=True),
        *calls(Role.WRITER, arg(0, "chunk"), "tornado.web.RequestHandler().{write,finish}"),
        *calls(Role.WRITER, (), "tornado.web.RequestHandler().send_error"),
        *calls(Role.RESPONSE, (), "tornado.web.HTTPError"),
        *calls(Role.DEBUG, arg(None, "debug"), "tornado.web.Application"),
        *sinks(Kind.HTML, arg(0, "chunk"), "tornado.**.{write,finish}", of=("tornado.web.RequestHandler",)),
        *sinks(Kind.TEMPLATE, arg(0, "template_string"), "tornado.template.Template"),
        *sinks(
            Kind.REDIRECT, arg(0, "url"), "tornado.web.RequestHandler().**.redirect", of=("tornado.web.RequestHandler",)
        ),
        *sinks(Kind.URL, arg(0, "request"), "tornado.httpclient.{HTTPClient,AsyncHTTPClient}().fetch"),
        *sanitizers((Kind.HTML,), "**.render_string", of=("tornado.web.RequestHandler",)),
        *sanitizers((Kind.REDIRECT,), "**.reverse_url", of=("tornado.web.RequestHandler",)),
        *sanitizers(MARKUP, "tornado.escape.xhtml_escape"),
        *sanitizers((Kind.HTML,), "tornado.template.Template().generate"),
        *sources(
            SourceKind.HTTP,
            "{name}() returns what the client sent",
            "tornado.web.RequestHandler().get_{,query_,body_}{argument,arguments}()",
            "tornado.web.RequestHandler().get_cookie()",
        ),
        *sources(SourceKind.HTTP, "request is sent by the client", "tornado.web.RequestHandler().request"),
    ),
)
