"""pickle5: the pickles of Python 3.8 for older ones."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "pickle5",
    "pickle5",
    (
        *sinks(Kind.PICKLE, arg(0, "data"), "pickle5.loads"),
        *sinks(Kind.PICKLE, arg(0, "file"), "pickle5.{load,Unpickler}"),
    ),
    unchecked="superseded by pickle of Python 3.8",
)
