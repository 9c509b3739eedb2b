"""PyJWT: JSON Web Tokens."""

from __future__ import annotations

from real.detector.models.kinds import SIGNED
from real.detector.models.rows import Library, sanitizers

LIBRARY = Library("pyjwt", "PyJWT==2.15.1", (*sanitizers(SIGNED, "jwt.decode"),))
