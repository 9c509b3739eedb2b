"""WeasyPrint: pages as PDF."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks

LIBRARY = Library(
    "weasyprint",
    "weasyprint",
    (
        *calls(
            Role.RENDERS_PAGE, (arg(None, "url_fetcher"), arg(None, "string"), arg(None, "file_obj")), "weasyprint.HTML"
        ),
        *calls(Role.FETCHER, arg(0, "url"), "weasyprint.{,urls.}default_url_fetcher"),
        *sinks(Kind.RENDERED_URL, arg(0, "guess", "url"), "weasyprint.HTML"),
    ),
    unchecked="needs Pango",
)
