"""SymPy: symbolic mathematics."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "sympy",
    "sympy==1.14.0",
    (
        *sinks(Kind.FORMULA, arg(0, "a"), "sympy.sympify"),
        *sinks(Kind.FORMULA, arg(0), "sympy.S"),
        *sinks(Kind.FORMULA, arg(0, "s"), "sympy.{parsing.sympy_parser.,}parse_expr"),
    ),
)
