"""WebOb: requests and responses of WSGI."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks
from real.detector.models.when import IsHtml

LIBRARY = Library(
    "webob",
    "webob==1.8.11",
    (
        *calls(Role.RESPONSE, (), "webob.Response"),
        *calls(Role.BODY, (), "webob.Response().{body,text}"),
        *calls(Role.PAGE_BODY, (), "webob.Response().{body,text,unicode_body}"),
        *sinks(
            Kind.HTML,
            arg(0, "body"),
            "webob.{,response.}Response",
            when=IsHtml((arg(None, "content_type"),), default=True),
        ),
    ),
)
