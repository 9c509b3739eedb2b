"""Werkzeug: the toolkit below Flask."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind, Role
from real.detector.models.rows import Library, arg, calls, sanitizers, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "werkzeug",
    "werkzeug==3.1.9",
    (
        *calls(Role.PROXY, (), "werkzeug.local.LocalProxy"),
        *calls(Role.OWN_ADDRESS, (), "werkzeug.wrappers.Request().{url,base_url,url_root,host_url}"),
        *calls(Role.RESPONSE, (), "werkzeug.{Response,wrappers.Response}"),
        *calls(Role.RESPONSE, (), "werkzeug.exceptions.{InternalServerError,BadRequest,abort}"),
        *calls(Role.EXIT, (), "werkzeug.exceptions.abort"),
        *calls(Role.BODY, (), "werkzeug.wrappers.Response().{data,response}"),
        *calls(Role.PASSWORD_HASH, (), "werkzeug.security.generate_password_hash"),
        *sinks(Kind.MODULE_NAME, arg(0, "import_name"), "werkzeug.utils.import_string"),
        *sanitizers((Kind.PATH,), "werkzeug.utils.secure_filename", "werkzeug.utils.safe_join"),
        *sinks(
            Kind.HTML,
            arg(0, "response"),
            "werkzeug.wrappers.Response",
            when=IsHtml((arg(None, "mimetype"), arg(None, "content_type")), default=True),
        ),
        *sinks(Kind.REDIRECT, arg(0, "location"), "werkzeug.utils.redirect"),
        *sinks(Kind.REDIRECT, arg(0, "location"), "werkzeug.redirect", until="Werkzeug 1"),
        *sanitizers(MARKUP, "werkzeug.utils.escape", until="Werkzeug 2.1"),
        *calls(Role.EQUALITY, (), "werkzeug.security.safe_str_cmp", until="Werkzeug 2.1"),
        *calls(Role.PASSWORD_SCHEME, arg(1, "method"), "werkzeug.security.generate_password_hash"),
        *calls(Role.REFUSAL, (), "werkzeug.exceptions.Forbidden"),
    ),
)
