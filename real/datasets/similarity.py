"""Near-duplicate texts: Jaccard similarity of their token shingles, exact over all pairs.

The shingles that few texts have are compared first: two texts of similarity ``t`` share one among the rarest
``(1 - t)`` of each, so most pairs are never looked at (prefix filtering; Chaudhuri, Ganti and Kaushik, ICDE 2006).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

SHINGLE = 3  # tokens
_TOKEN = re.compile(r"\w+|[^\w\s]")


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The runs of ``SHINGLE`` tokens (words or punctuation marks, in lower case); a shorter text is one shingle."""
    tokens = _TOKEN.findall(text.lower())
    if len(tokens) <= SHINGLE:
        return frozenset([tuple(tokens)] if tokens else [])
    return frozenset(tuple(tokens[at : at + SHINGLE]) for at in range(len(tokens) - SHINGLE + 1))


def jaccard(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    """Shared over all shingles, in [0, 1]; 0 where both are empty."""
    return len(a & b) / len(a | b) if a or b else 0.0


def similar_pairs(texts: Sequence[str], threshold: float) -> Iterator[tuple[int, int, float]]:
    """Every pair ``(i, j, similarity)`` with ``i < j`` and a similarity of at least ``threshold``, in (0, 1]."""
    sets = [shingles(text) for text in texts]
    frequency = Counter(shingle for members in sets for shingle in members)
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for j, members in enumerate(sets):
        rare = sorted(members, key=lambda shingle: (frequency[shingle], shingle))
        # Rounded down with a margin: a float just above the true bound must not lose a pair.
        prefix = rare[: len(rare) - math.ceil(threshold * len(rare) - 1e-9) + 1]
        candidates = sorted({i for shingle in prefix for i in holders[shingle]})
        for i in candidates:
            if min(len(sets[i]), len(members)) < threshold * max(len(sets[i]), len(members)) - 1e-9:
                continue
            if (similarity := jaccard(sets[i], members)) >= threshold:
                yield i, j, similarity
        for shingle in prefix:
            holders[shingle].append(j)
