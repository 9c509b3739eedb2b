"""Bottle: a web framework in one file."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind, Role, SourceKind, Syntax
from real.detector.models.rows import Framework, Library, Setting, Template, arg, calls, sanitizers, sinks, sources
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "bottle",
    "bottle==0.13.4",
    (
        Setting("MEMFILE_MAX", Role.BODY_LIMIT),
        Template("bottle.template", syntax=Syntax.BOTTLE),
        Template("bottle.SimpleTemplate().render", "bottle.SimpleTemplate", syntax=Syntax.BOTTLE),
        Framework("bottle", html=True),
        *calls(Role.APPLICATION, (), "bottle.Bottle", "bottle", "bottle.route"),
        *calls(Role.ROUTE, (), "bottle.{,Bottle().}{route,get,post,put,patch,delete}"),
        *calls(Role.ERROR_HANDLER, (), "bottle.{,Bottle().}error"),
        *calls(Role.RESPONSE, (), "bottle.{HTTPResponse,HTTPError,abort}"),
        *calls(Role.EXIT, (), "bottle.{abort,redirect}"),
        *calls(Role.DEBUG, (arg(2, "host"), arg(None, "debug")), "bottle.run"),
        *calls(Role.DEBUG, (arg(None, "host"), arg(None, "debug")), "bottle.Bottle().run"),
        *sinks(
            Kind.HTML, arg(0, "body"), "bottle.HTTPResponse", when=IsHtml((arg(None, "content_type"),), default=True)
        ),
        *sinks(Kind.TEMPLATE, arg(0, "source"), "bottle.SimpleTemplate"),
        *sinks(Kind.TEMPLATE, arg(0), "bottle.template"),
        *sinks(Kind.REDIRECT, arg(0, "url"), "bottle.redirect"),
        *sanitizers(MARKUP, "bottle.html_escape", "bottle.html_quote"),
        *sources(SourceKind.HTTP, "bottle.request is sent by the client", "bottle.request"),
    ),
)
