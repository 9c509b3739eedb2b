"""python-ldap: directories."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sanitizers, sinks

LIBRARY = Library(
    "python_ldap",
    "python-ldap",
    (
        *sinks(Kind.LDAP, arg(2, "filterstr"), "**.{search_s,search_st,search_ext,search_ext_s}", "ldap.**.search"),
        *sanitizers((Kind.LDAP,), "ldap.dn.escape_dn_chars", "ldap.filter.escape_filter_chars"),
    ),
    unchecked="needs OpenLDAP",
)
