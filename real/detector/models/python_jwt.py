"""python-jwt: JSON Web Tokens."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library("python-jwt", "python-jwt==4.1.0", (*calls(Role.UNVERIFIED, (), "python_jwt.process_jwt"),))
