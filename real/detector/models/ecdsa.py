"""ecdsa: signatures on elliptic curves."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, calls

LIBRARY = Library(
    "ecdsa",
    "ecdsa==0.19.2",
    (
        *calls(Role.PUBLIC_KEY, (), "ecdsa.VerifyingKey.{from_pem,from_der,from_string}"),
        *calls(Role.FAILURE, (), "ecdsa.BadSignatureError"),
    ),
)
