"""Python: digests."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "digests",
    "",
    (
        *sinks(Kind.ALGORITHM, arg(0, "name"), "hashlib.new"),
        *sinks(Kind.ALGORITHM, arg(2, "digestmod"), "hmac.new", "hmac.HMAC"),
        *sinks(Kind.ALGORITHM, arg(2, "digest"), "hmac.digest"),
        *sinks(Kind.ALGORITHM, arg(0, "hash_name"), "hashlib.pbkdf2_hmac"),
    ),
)
