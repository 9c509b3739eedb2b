"""Mistune: Markdown."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP
from real.detector.models.rows import Library, sanitizers

LIBRARY = Library("mistune", "mistune==3.4.0", (*sanitizers(MARKUP, "mistune.escape"),))
