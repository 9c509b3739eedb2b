"""Gin: configurations."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("gin", "gin-config==0.5.0", (*sinks(Kind.CALLED_NAMES, arg(0, "bindings"), "gin.parse_config"),))
