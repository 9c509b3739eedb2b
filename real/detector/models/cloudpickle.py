"""cloudpickle: pickles with code."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "cloudpickle",
    "cloudpickle==3.1.3",
    (*sinks(Kind.PICKLE, arg(0, "data"), "cloudpickle.loads"), *sinks(Kind.PICKLE, arg(0, "file"), "cloudpickle.load")),
)
