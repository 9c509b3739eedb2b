"""nh3: HTML that is allowed."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP
from real.detector.models.rows import Library, sanitizers

LIBRARY = Library("nh3", "nh3==0.3.8", (*sanitizers(MARKUP, "nh3.clean", "nh3.clean_text"),))
