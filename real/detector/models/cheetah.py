"""Cheetah: templates."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "cheetah",
    "Cheetah3",
    (*sinks(Kind.TEMPLATE, arg(0, "source"), "Cheetah.Template.Template"),),
    unchecked="needs a compiler",
)
