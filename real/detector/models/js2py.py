"""Js2Py: JavaScript."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "js2py",
    "js2py",
    (*sinks(Kind.JAVASCRIPT, arg(0, "js"), "js2py.eval_js"),),
    unchecked="does not run on Python 3.12 and later",
)
