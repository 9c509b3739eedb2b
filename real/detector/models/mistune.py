"""Mistune: Markdown."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Role
from real.detector.models.rows import Library, calls, sanitizers

LIBRARY = Library(
    "mistune",
    "mistune==3.4.0",
    (
        *sanitizers(MARKUP, "mistune.escape"),
        *calls(Role.MARKDOWN, (), "mistune.{html,markdown}"),
    ),
)
