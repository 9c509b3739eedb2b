"""MarkupSafe: text that is HTML."""

from __future__ import annotations

from real.detector.models.kinds import MARKUP, Kind
from real.detector.models.rows import Library, arg, sanitizers, sinks

LIBRARY = Library(
    "markupsafe",
    "markupsafe==3.0.4",
    (
        *sinks(Kind.SAFE_HTML, arg(0, "object"), "markupsafe.Markup"),
        *sanitizers(MARKUP, "markupsafe.Markup.escape", "markupsafe.{escape,escape_silent}"),
    ),
)
