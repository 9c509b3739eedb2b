"""bcrypt: hashes of passwords."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "bcrypt",
    "bcrypt==5.0.0",
    (
        *calls(Role.PASSWORD_HASH, (), "bcrypt.{hashpw,checkpw,kdf}"),
        *calls(Role.PASSWORD_COST, arg(0, "rounds"), "bcrypt.gensalt", least=10),
    ),
)
