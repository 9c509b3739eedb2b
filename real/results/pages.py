"""HTML pages from the templates of this room; whatever is handed in is escaped."""

from __future__ import annotations

from real.io.progress import duration


def page(template: str, **values: object) -> str:
    """The page that ``templates/TEMPLATE`` makes of ``values``; a value that it names and does not get is an error."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("real.results"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["seconds"] = duration
    return environment.get_template(template).render(**values)
