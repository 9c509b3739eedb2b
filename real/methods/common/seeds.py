"""Random streams that do not depend on which tasks were answered before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from real.types import Task


def part_seed(seed: int, tasks: Sequence[Task], *more: object) -> int:
    """A seed for the answers to ``tasks``: the same for the same run seed, tasks and ``more`` (such as a round)."""
    facts = (seed, *(task.task_id for task in tasks), *more)
    return int.from_bytes(hashlib.sha256(repr(facts).encode()).digest()[:6], "big")
