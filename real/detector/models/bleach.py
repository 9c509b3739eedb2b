"""Bleach: HTML that is allowed."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP
from real.detector.models.rows import Library, sanitizers

LIBRARY = Library("bleach", "bleach==6.4.0", (*sanitizers(MARKUP, "bleach.clean", "bleach.linkify"),))
