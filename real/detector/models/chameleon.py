"""Chameleon: templates."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library("chameleon", "chameleon==4.6.0", (*sinks(Kind.TEMPLATE, arg(0, "body"), "chameleon.PageTemplate"),))
