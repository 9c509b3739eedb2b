"""marshmallow: what clients send, converted and validated."""

from __future__ import annotations

from real.detector.models.kinds import Role
from real.detector.models.rows import Library, arg, calls

LIBRARY = Library(
    "marshmallow",
    "marshmallow==4.4.0",
    (*calls(Role.VALIDATOR, arg(0, "regex"), "marshmallow.validate.Regexp", shown="match"),),
)
