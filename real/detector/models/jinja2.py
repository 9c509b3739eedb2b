"""Jinja: templates."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind, Role
from real.detector.models.rows import Library, Template, arg, calls, sanitizers, sinks
from real.detector.models.when import MadeBy

# An environment of Jinja or Django that was made elsewhere, and not the one that is made for strangers.
_ENGINE = MadeBy(("jinja2.", "django."), never="Sandbox")

_ENVIRONMENTS = ("jinja2.Environment", "jinja2.environment.Environment")
# Templates of files: that an environment escapes nothing is said of the environment, where it is made.
_RENDERED = tuple(
    f"{maker}().{get}().{render}"
    for maker in _ENVIRONMENTS
    for get in ("get_template", "select_template", "get_or_select_template")
    for render in ("render", "render_async")
)

LIBRARY = Library(
    "jinja2",
    "jinja2==3.1.6",
    (
        Template("jinja2.Template().render", "jinja2.Template", escapes=False, switch="autoescape"),
        *(
            Template(
                f"{maker}().from_string().render",
                f"{maker}().from_string",
                escapes=False,
                switch="autoescape",
                set_on=_ENVIRONMENTS,
            )
            for maker in _ENVIRONMENTS
        ),
        *calls(Role.LOADER, (arg(None, "loader"), arg(None, "autoescape")), *_ENVIRONMENTS),
        *calls(Role.AUTOESCAPE, arg(0, "enabled_extensions"), "jinja2.{,utils.}select_autoescape"),
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
        *sanitizers((Kind.HTML,), *_RENDERED),
        *sanitizers((Kind.HTML,), "jinja2.utils.htmlsafe_json_dumps"),
    ),
)
