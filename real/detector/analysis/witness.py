"""Nothing is proved by absence: a claim about all of some things needs one of them, as its witness.

``all()`` is true of nothing at all, so a guard that asks it of an empty list (of callers, of operands, of patterns)
counts as passed where nothing was tested. Rules and guards ask ``every`` instead; a test forbids them ``all``. Where
emptiness is meant to pass, the code says so: ``not any(...)``.
"""

from __future__ import annotations

from collections.abc import Iterable


def every(claims: Iterable[object]) -> bool:
    """Whether there are claims, and all of them hold."""
    witnessed = False
    for claim in claims:
        if not claim:
            return False
        witnessed = True
    return witnessed
