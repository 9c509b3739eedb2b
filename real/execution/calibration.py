"""Measure this machine's speed, so that a limit in CPU seconds allows the same work everywhere."""

from __future__ import annotations

import time
from functools import lru_cache

# CPU seconds of one round on the machine on which the default limits were chosen (x86-64, 2 cores, Python 3.11).
REFERENCE_S = 0.0032
_ROUNDS = 7
_STEPS = 60_000
_SLOWEST = 8.0


def _round() -> float:
    """CPU seconds of a fixed piece of interpreted work: arithmetic, a list and a dictionary."""
    began = time.thread_time()
    seen: dict[int, int] = {}
    values = []
    total = 0
    for step in range(_STEPS):
        total = (total * 31 + step) & 0xFFFF
        if step & 3 == 0:
            values.append(total)
            seen[total & 255] = step
    return time.thread_time() - began


@lru_cache(maxsize=1)
def slowness() -> float:
    """How many times slower than the reference machine this one is, from 1 (as fast, or faster) to 8.

    Measured once per process (in some 25 ms). The best of several short rounds counts: a busy machine makes
    some of them slow. A faster machine keeps the limits as they are, so that nobody gets less than they asked for.
    """
    return min(max(min(_round() for _ in range(_ROUNDS)) / REFERENCE_S, 1.0), _SLOWEST)
