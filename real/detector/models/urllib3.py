"""urllib3: a client of HTTP."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks

LIBRARY = Library(
    "urllib3",
    "urllib3==2.8.0",
    (
        *sinks(
            Kind.URL, arg(1, "url"), "urllib3.request", "urllib3.PoolManager().{request,urlopen,request_encode_url}"
        ),
        *calls(Role.SERVER_CHECK, arg(None, "cert_reqs"), "urllib3.PoolManager"),
    ),
)
