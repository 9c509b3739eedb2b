"""yarl: URLs."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library("yarl", "yarl==1.25.1", (*calls(Role.URL_PARSER, (), "yarl.URL"),))
