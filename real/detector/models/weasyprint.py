"""WeasyPrint: pages as PDF."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "weasyprint",
    "weasyprint",
    (*sinks(Kind.RENDERED_URL, arg(0, "guess", "url"), "weasyprint.HTML"),),
    unchecked="needs Pango",
)
