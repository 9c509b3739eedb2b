"""simple-salesforce: queries in SOQL and SOSL."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "simple-salesforce",
    "simple-salesforce==1.12.10",
    (
        *sinks(
            Kind.QUERY,
            arg(0, "query"),
            "simple_salesforce.**.{query,query_all,query_all_iter}",
            of=("simple_salesforce.api.Salesforce",),
        ),
        *sinks(Kind.QUERY, arg(0, "search"), "simple_salesforce.**.search", of=("simple_salesforce.api.Salesforce",)),
    ),
)
