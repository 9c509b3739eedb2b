"""mini-racer: JavaScript inside the process."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "mini-racer", "mini-racer==0.14.1", (*sinks(Kind.JAVASCRIPT, arg(0, "expr"), "py_mini_racer.MiniRacer().execute"),)
)
