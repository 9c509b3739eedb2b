"""Rare weaknesses are shown more often (SafeCoder, section 4.3)."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from real.methods.common.masks import Sample


def oversampled(samples: Sequence[Sample], least: int, seed: int) -> list[Sample]:
    """All samples; groups (language, CWE) with fewer than ``least`` are filled up by drawing with replacement."""
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[sample.group].append(sample)
    rng = random.Random(seed)
    filled = list(samples)
    for _, members in sorted(groups.items()):
        filled += rng.choices(members, k=max(0, least - len(members)))
    return filled
