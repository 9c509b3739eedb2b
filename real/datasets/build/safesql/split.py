"""Which kept candidates become test tasks: whole families, so that no test task has a relative in training."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from real.datasets.build.safesql.candidate import Candidate

TEST_SHARE = 0.2


def split_by_family(candidates: Sequence[Candidate], seed: int) -> dict[str, list[Candidate]]:
    """``train`` and ``test``, in the order of the candidates; families are drawn until test has its share."""
    sizes = Counter(candidate.family for candidate in candidates)
    test: set[str] = set()
    taken = 0
    for family in sorted(sizes, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest()):
        if taken >= TEST_SHARE * len(candidates):
            break
        test.add(family)
        taken += sizes[family]
    return {
        "train": [candidate for candidate in candidates if candidate.family not in test],
        "test": [candidate for candidate in candidates if candidate.family in test],
    }
