"""Python-RSA."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "rsa",
    "rsa==4.9.1",
    (
        *calls(Role.WEAK_CIPHER, (), "rsa.{encrypt,decrypt}", shown="PKCS #1 v1.5 encryption"),
        *calls(Role.KEY_SIZE, arg(0, "nbits"), "rsa.newkeys"),
    ),
)
