"""Flask: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind, Role, SourceKind
from real.detector.models.rows import (
    Framework,
    Handler,
    Library,
    Module,
    Setting,
    Template,
    arg,
    calls,
    handlers,
    sanitizers,
    sinks,
    sources,
)
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "flask",
    "flask==3.1.3",
    (
        Setting("MAX_CONTENT_LENGTH", Role.BODY_LIMIT),
        Setting("MAX_FORM_MEMORY_SIZE", Role.BODY_LIMIT),
        *calls(Role.PROXY, (), "flask.current_app"),
        *calls(Role.CONFIGURATION, (), "flask.{Flask(),current_app}.config"),
        Module("flask.Flask().logger", Role.LOG),
        Module("flask.current_app.logger", Role.LOG),
        Template("flask.render_template_string"),
        Template("flask.stream_template_string"),
        *calls(Role.RENDER, arg(0, "template_name_or_list"), "flask.{,templating.}{render_template,stream_template}"),
        Framework("flask", html=True, quotes=True),
        *calls(Role.APPLICATION, (), "flask.Flask"),
        *calls(Role.ROUTE, (), "flask.{Flask,Blueprint}().{route,get,post,put,patch,delete}"),
        *calls(Role.REGISTRAR, arg(2, "view_func"), "flask.{Flask,Blueprint}().add_url_rule"),
        *calls(Role.ERROR_HANDLER, (), "flask.{Flask().,Blueprint().,Blueprint().app_}errorhandler"),
        *calls(Role.CALLBACK, arg(1, "f"), "flask.Flask().register_error_handler"),
        *handlers("View", "flask.views.MethodView"),
        Handler("flask.views.View", (("dispatch_request", ""),), "View"),
        *calls(Role.RESPONSE, (), "flask.{Response,make_response,jsonify,abort}"),
        *calls(Role.EXIT, (), "flask.abort"),
        *calls(Role.DEBUG, (arg(0, "host"), arg(2, "debug")), "flask.Flask().run"),
        *sinks(Kind.PATH, arg(0, "path_or_file"), "flask.send_file"),
        *sinks(Kind.SAFE_HTML, arg(0, "base"), "flask.Markup", until="Flask 3"),
        *sinks(
            Kind.HTML,
            arg(0, "response"),
            "flask.{,wrappers.}Response",
            when=IsHtml((arg(None, "mimetype"), arg(None, "content_type")), default=True),
        ),
        *sinks(
            Kind.HTML,
            arg(0),
            "flask.make_response",
            when=IsHtml((arg(None, "mimetype"), arg(None, "content_type")), default=True),
        ),
        *sinks(Kind.TEMPLATE, arg(0, "source"), "flask.{render_template_string,stream_template_string}"),
        *sinks(Kind.REDIRECT, arg(0, "location"), "flask.{,helpers.}redirect"),
        *sanitizers((Kind.HTML,), "**.render_template", of=("flask",)),
        *sanitizers((Kind.REDIRECT,), "**.url_for", of=("flask.Flask",)),
        *sanitizers(MARKUP, "flask.Markup.escape", "flask.escape", until="Flask 3"),
        *sanitizers((Kind.HTML,), "flask.{abort,jsonify,redirect,render_template,send_file}"),
        *sanitizers((Kind.HTML,), "flask.json.htmlsafe_dumps", until="Flask 3"),
        *sanitizers((Kind.HTML, Kind.REDIRECT), "flask.url_for"),
        *sources(SourceKind.HTTP, "flask.request is sent by the client", "flask.request"),
    ),
)
