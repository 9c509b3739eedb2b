"""dill: pickles with code."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "dill",
    "dill==0.4.1",
    (*sinks(Kind.PICKLE, arg(0, "str"), "dill.loads"), *sinks(Kind.PICKLE, arg(0, "file"), "dill.{load,Unpickler}")),
)
