"""What computes a digest, of whichever library: fast or slow, good or broken, chosen by its name or called by it."""

from __future__ import annotations

from functools import cache

from real.detector.models.catalogue import calls_of, tables
from real.detector.models.kinds import Kind, Role


@cache
def hashes() -> frozenset[str]:
    """The calls that make a digest without a key; any, also what is broken."""
    by_name = tables((Kind.ALGORITHM,)).calls.keys() - calls_of(Role.MAC).keys()
    return frozenset(by_name | calls_of(Role.FAST_HASH).keys() | calls_of(Role.WEAK_HASH).keys())
