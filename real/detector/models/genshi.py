"""Genshi: templates."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "genshi",
    "genshi==0.7.12",
    (*sinks(Kind.TEMPLATE, arg(0, "source"), "genshi.template.{MarkupTemplate,TextTemplate}"),),
)
