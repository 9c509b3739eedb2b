"""NumPy: arrays in files."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks
from real.detector.models.when import May

LIBRARY = Library(
    "numpy",
    "numpy==2.4.6",
    (*sinks(Kind.PICKLE, arg(0, "file"), "numpy.load", when=May(arg(2, "allow_pickle"), (True,))),),
)
