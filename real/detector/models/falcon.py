"""Falcon: a web framework."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "falcon",
    "falcon==4.4.0",
    (
        *sinks(
            Kind.REDIRECT,
            arg(0, "location"),
            "falcon.{HTTPFound,HTTPSeeOther,HTTPMovedPermanently,HTTPTemporaryRedirect,HTTPPermanentRedirect}",
        ),
    ),
)
