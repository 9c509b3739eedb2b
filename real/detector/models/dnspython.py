"""dnspython: the domain name system."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "dnspython", "dnspython==2.9.2", (*calls(Role.RESOLVER, arg(0, "qname"), "dns.resolver.{resolve,query}"),)
)
