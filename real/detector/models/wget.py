"""wget: downloads."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks

LIBRARY = Library(
    "wget",
    "wget",
    (
        *sinks(Kind.URL, arg(0, "url"), "wget.download"),
        *calls(Role.DOWNLOAD, (), "wget.download"),
        *calls(Role.SAVED_DOWNLOAD, (), "wget.download"),
    ),
    unchecked="no wheel",
)
