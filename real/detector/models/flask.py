"""Flask: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind, SourceKind
from real.detector.models.rows import Library, arg, sanitizers, sinks, sources
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "flask",
    "flask==3.1.3",
    (
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
