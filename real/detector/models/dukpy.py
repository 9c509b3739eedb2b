"""DukPy: JavaScript inside the process."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "dukpy", "dukpy==0.6.0", (*sinks(Kind.JAVASCRIPT, arg(0, "code"), "dukpy.{,JSInterpreter().}evaljs"),)
)
