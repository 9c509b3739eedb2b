"""WebHelpers: helpers of Pylons."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "webhelpers", "WebHelpers", (*sinks(Kind.SAFE_HTML, arg(0, "s"), "webhelpers.html.literal"),), unchecked="Python 2"
)
