"""Requests: a client of HTTP."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role, SourceKind
from real.detector.models.rows import Library, Module, Returns, arg, calls, sinks, sources

LIBRARY = Library(
    "requests",
    "requests==2.34.2",
    (
        Module("requests", Role.PEER),
        *calls(Role.CONNECTOR_PART, arg(1, "adapter"), "requests.Session().mount"),
        *calls(Role.URL_JOINER, (), "requests.compat.urljoin"),
        Returns("requests.get", "requests.models.Response"),
        Returns("requests.head", "requests.models.Response"),
        Returns("requests.post", "requests.models.Response"),
        Returns("requests.request", "requests.models.Response"),
        *sources(
            SourceKind.PEER,
            "a header of the answer is chosen by the other server",
            "requests.{get,head,post,request}().headers",
        ),
        *sinks(
            Kind.URL,
            arg(0, "url"),
            "requests.{head,delete,options,patch,get,post,put}",
            "requests.api.{head,delete,options,patch,get,post,put}",
            "requests.Session().{head,delete,options,patch,get,post,put}",
            "requests.session().{head,delete,options,patch,get,post,put}",
            "requests.sessions.Session().{head,delete,options,patch,get,post,put}",
        ),
        *sinks(Kind.URL, arg(1, "url"), "requests.{,api.,Session().,session().,sessions.Session().}request"),
        *calls(Role.SERVER_CHECK, arg(None, "verify"), "requests.{get,post,put,patch,delete,head,options,request}"),
        *calls(
            Role.SERVER_CHECK,
            arg(None, "verify"),
            "requests.Session().{get,post,put,patch,delete,head,options,request,verify}",
        ),
        *calls(Role.DOWNLOAD, (), "requests.get", "requests.Session().get"),
    ),
)
