"""Fewer tests a rollout, for tasks that have hundreds."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from real.types import Task


def with_sampled_tests(task: Task, n: int | None, key: tuple[object, ...]) -> Task:
    """``task`` with ``n`` of its tests, in their order; the same ``key`` picks the same ones. ``None`` keeps all."""
    suite: Any = task.tests  # every suite has cases
    if n is None or len(suite.cases) <= n:
        return task
    picked = sorted(random.Random(repr(key)).sample(range(len(suite.cases)), n))
    tests = replace(suite, cases=tuple(suite.cases[i] for i in picked))
    # The tag keeps verdicts on different samples apart (see pipeline.Judge).
    return replace(task, tests=tests, tags={**task.tags, "tests": ",".join(map(str, picked))})
