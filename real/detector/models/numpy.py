"""NumPy: arrays in files."""

from __future__ import annotations

from real.detector.models.kinds import Kind, Role
from real.detector.models.rows import Library, arg, calls, sinks
from real.detector.models.when import May

LIBRARY = Library(
    "numpy",
    "numpy==2.4.6",
    (
        *calls(Role.SIDES, arg(0, "shape"), "numpy.{zeros,ones,empty,full}"),
        *calls(Role.GUESSABLE, (), "numpy.random.{choice,randint,random,sample,shuffle,uniform}"),
        *calls(Role.SIZE, arg(0, "shape"), "numpy.{zeros,ones,empty,full}"),
        *calls(Role.SIZE, arg(0, "d0"), "numpy.random.rand"),
        *sinks(Kind.PICKLE, arg(0, "file"), "numpy.load", when=May(arg(2, "allow_pickle"), (True,))),
        *calls(Role.SIZE, (arg(0), arg(None, "stop")), "numpy.arange"),
        *sinks(Kind.PICKLE, arg(0, "fp"), "numpy.lib.format.read_array", when=May(arg(1, "allow_pickle"), (True,))),
    ),
)
