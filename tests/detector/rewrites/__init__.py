"""Meaning-preserving rewrites of programs: a verdict must not change under any of them."""

from rewrites.calls import CALLS
from rewrites.control import CONTROL
from rewrites.core import Rewrite, rewritten
from rewrites.names import NAMES
from rewrites.texts import TEXTS
from rewrites.values import VALUES

REWRITES: dict[str, Rewrite] = {**CONTROL, **NAMES, **CALLS, **VALUES, **TEXTS}

__all__ = ["REWRITES", "rewritten"]
