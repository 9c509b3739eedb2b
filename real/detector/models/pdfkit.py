"""pdfkit: pages as PDF."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("pdfkit", "pdfkit==1.0.0", (*sinks(Kind.RENDERED_URL, arg(0, "url"), "pdfkit.from_url"),))
