"""lxml_html_clean: HTML that is allowed."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP
from real.detector.models.rows import Library, sanitizers

LIBRARY = Library("lxml_html_clean", "lxml-html-clean==0.4.6", (*sanitizers(MARKUP, "lxml_html_clean.clean_html"),))
