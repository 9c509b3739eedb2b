"""Jinja: templates."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind
from real.detector.models.rows import Library, arg, sanitizers, sinks
from real.detector.models.when import MadeBy

# An environment of Jinja or Django that was made elsewhere, and not the one that is made for strangers.
_ENGINE = MadeBy(("jinja2.", "django."), never="Sandbox")

LIBRARY = Library(
    "jinja2",
    "jinja2==3.1.6",
    (
        *sinks(Kind.SAFE_HTML, arg(0, "base"), "jinja2.Markup", until="Jinja 3.1"),
        *sinks(Kind.SAFE_HTML, arg(0, "object"), "jinja2.utils.markupsafe.Markup"),
        *sinks(Kind.TEMPLATE, arg(0, "source"), "jinja2.{,environment.}Template"),
        *sinks(
            Kind.TEMPLATE,
            arg(0, "source", "template_code"),
            "**.from_string",
            when=_ENGINE,
            of=("jinja2.Environment", "django.template.Engine"),
        ),
        *sinks(Kind.TEMPLATE, arg(0, "source"), "jinja2.Environment().compile_expression"),
        *sanitizers(MARKUP, "jinja2.escape", until="Jinja 3.1"),
        *sanitizers((Kind.HTML,), "jinja2.utils.htmlsafe_json_dumps"),
    ),
)
