"""Mako: templates."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Syntax
from real.detector.models.rows import Library, Template, arg, sinks

LIBRARY = Library(
    "mako",
    "mako==1.4.3",
    (
        *(
            Template(
                f"mako.template.Template().{fill}",
                "mako.template.Template",
                "text",
                Syntax.MAKO,
                False,
                "default_filters",
            )
            for fill in ("render", "render_unicode")
        ),
        *sinks(Kind.TEMPLATE, arg(0, "text"), "mako.template.Template"),
        *sinks(Kind.TEMPLATE, arg(1, "text"), "mako.lookup.TemplateLookup().put_string"),
    ),
)
