"""Requests: a client of HTTP."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "requests",
    "requests==2.34.2",
    (
        *sinks(
            Kind.URL,
            arg(0, "url"),
            "requests.head",
            "requests.delete",
            "requests.options",
            "requests.patch",
            "requests.get",
            "requests.post",
            "requests.put",
            "requests.api.head",
            "requests.api.delete",
            "requests.api.options",
            "requests.api.patch",
            "requests.api.get",
            "requests.api.post",
            "requests.api.put",
            "requests.Session().head",
            "requests.Session().delete",
            "requests.Session().options",
            "requests.Session().patch",
            "requests.Session().get",
            "requests.Session().post",
            "requests.Session().put",
            "requests.session().head",
            "requests.session().delete",
            "requests.session().options",
            "requests.session().patch",
            "requests.session().get",
            "requests.session().post",
            "requests.session().put",
            "requests.sessions.Session().head",
            "requests.sessions.Session().delete",
            "requests.sessions.Session().options",
            "requests.sessions.Session().patch",
            "requests.sessions.Session().get",
            "requests.sessions.Session().post",
            "requests.sessions.Session().put",
        ),
        *sinks(
            Kind.URL,
            arg(1, "url"),
            "requests.request",
            "requests.api.request",
            "requests.Session().request",
            "requests.session().request",
            "requests.sessions.Session().request",
        ),
    ),
)
