"""webapp2: the web framework of App Engine."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("webapp2", "webapp2", (*sinks(Kind.HTML, arg(0, "text"), "webapp2.**.write"),), unchecked="Python 2")
