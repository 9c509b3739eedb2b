"""Hashids and Sqids: numbers as short texts."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library("hashids", "hashids==1.3.1", (*calls(Role.REVERSIBLE, arg(0, "salt"), "hashids.Hashids"),))
