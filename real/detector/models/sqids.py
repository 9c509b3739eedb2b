"""Sqids: numbers as short texts."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library("sqids", "sqids==0.5.2", (*calls(Role.REVERSIBLE, arg(0, "alphabet"), "sqids.Sqids"),))
