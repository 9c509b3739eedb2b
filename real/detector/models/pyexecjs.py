"""PyExecJS: JavaScript."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "pyexecjs", "PyExecJS", (*sinks(Kind.JAVASCRIPT, arg(0, "source"), "execjs.{exec_,compile}"),), unchecked="no wheel"
)
