"""click: command lines."""

from __future__ import annotations

from real.detector.models.kinds import SourceKind
from real.detector.models.rows import Library, sources

LIBRARY = Library(
    "click",
    "click==8.5.1",
    (*sources(SourceKind.TERMINAL, "click.prompt() returns what the user typed", "click.prompt()"),),
)
