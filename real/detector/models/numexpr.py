"""NumExpr: expressions over arrays."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("numexpr", "numexpr==2.14.2", (*sinks(Kind.EXPRESSION, arg(0, "ex"), "numexpr.evaluate"),))
