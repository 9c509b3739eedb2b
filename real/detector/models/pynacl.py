"""PyNaCl: libsodium."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "pynacl",
    "PyNaCl==1.6.2",
    (
        *calls(Role.NONCE, arg(1, "nonce"), "nacl.secret.SecretBox().encrypt"),
        *calls(Role.TAKES_KEY, arg(0, "key"), "nacl.secret.SecretBox"),
        *calls(Role.FAILURE, (), "nacl.exceptions.BadSignatureError"),
    ),
)
