"""Mako: templates."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "mako",
    "mako==1.4.3",
    (
        *sinks(Kind.TEMPLATE, arg(0, "text"), "mako.template.Template"),
        *sinks(Kind.TEMPLATE, arg(1, "text"), "mako.lookup.TemplateLookup().put_string"),
    ),
)
