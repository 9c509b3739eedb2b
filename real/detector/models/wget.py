"""wget: downloads."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("wget", "wget", (*sinks(Kind.URL, arg(0, "url"), "wget.download"),), unchecked="no wheel")
