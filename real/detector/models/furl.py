"""furl: URLs."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library("furl", "furl==2.1.4", (*calls(Role.URL_PARSER, (), "furl.furl"),))
