"""Meaning-preserving rewrites of programs: a verdict must not change under any of them."""

from real.redteam.rewrites.bodies import BODIES
from real.redteam.rewrites.calls import CALLS
from real.redteam.rewrites.control import CONTROL
from real.redteam.rewrites.core import Rewrite, rewritten
from real.redteam.rewrites.idle_code import IDLE_CODE
from real.redteam.rewrites.names import NAMES
from real.redteam.rewrites.texts import TEXTS
from real.redteam.rewrites.values import VALUES

REWRITES: dict[str, Rewrite] = {**CONTROL, **BODIES, **IDLE_CODE, **NAMES, **CALLS, **VALUES, **TEXTS}

__all__ = ["REWRITES", "rewritten"]
