"""ldap3: directories."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sanitizers, sinks

LIBRARY = Library(
    "ldap3",
    "ldap3==2.9.1",
    (
        *calls(Role.BINDS_NAME, arg(1, "user"), "ldap3.Connection"),
        *sinks(Kind.LDAP, arg(1, "search_filter"), "ldap3.**.search", of=("ldap3.Connection",)),
        *sanitizers((Kind.LDAP,), "ldap3.utils.conv.escape_filter_chars", "ldap3.utils.dn.escape_rdn"),
    ),
)
