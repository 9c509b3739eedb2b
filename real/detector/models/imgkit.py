"""imgkit: pictures of pages."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("imgkit", "imgkit==1.2.3", (*sinks(Kind.RENDERED_URL, arg(0, "url"), "imgkit.from_url"),))
