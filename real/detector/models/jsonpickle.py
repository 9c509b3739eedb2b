"""jsonpickle: objects as JSON."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "jsonpickle",
    "jsonpickle==4.1.4",
    (*sinks(Kind.JSON_CLASSES, arg(0, "string"), "jsonpickle.{decode,loads}", "jsonpickle.unpickler.decode"),),
)
