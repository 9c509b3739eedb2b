"""Flask-SeaSurf: the protection against forged requests."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library("flask-seasurf", "flask-seasurf==2.0.0", (*calls(Role.CSRF, (), "flask_seasurf.SeaSurf"),))
