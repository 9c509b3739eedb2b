"""argon2-cffi: hashes of passwords."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "argon2",
    "argon2-cffi==25.1.0",
    (
        *calls(Role.PASSWORD_HASH, (), "argon2.PasswordHasher"),
        *calls(Role.PASSWORD_COST, arg(1, "memory_cost"), "argon2.PasswordHasher", least=4096),
    ),
)
