"""google-auth: identities of Google."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library(
    "google-auth", "google-auth==2.63.0", (*calls(Role.UNVERIFIED, (), "google.auth.jwt._unverified_decode"),)
)
