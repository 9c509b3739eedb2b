"""python-gnupg: GnuPG."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library(
    "python-gnupg", "python-gnupg==0.5.7", (*calls(Role.ANSWER, (), "gnupg.GPG().verify", "gnupg.GPG().verify_data"),)
)
