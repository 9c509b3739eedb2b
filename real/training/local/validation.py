"""A slice of the training tasks that is not trained on: it chooses the best checkpoint."""

from __future__ import annotations

import random
from collections.abc import Sequence

from real.errors import UsageError
from real.generation import Generator
from real.generation.respond import respond
from real.judge import Judge
from real.policy.policy import Policy
from real.types import Task
from real.verdicts import func_qual_passed


def hold_out(tasks: Sequence[Task], n: int, seed: int) -> tuple[list[Task], list[Task]]:
    """Training tasks in their order, and ``n`` validation tasks drawn by ``seed``; the test split is not touched.

    Raises ``UsageError`` where none would be left to train on.
    """
    if n >= len(tasks):
        raise UsageError(
            f"trainer.validation_tasks is {n}, but there are {len(tasks)} training tasks to take them from",
            hint="A tenth of them is usual.",
        )
    chosen = set(random.Random(f"validation:{seed}").sample(range(len(tasks)), n))
    return (
        [task for row, task in enumerate(tasks) if row not in chosen],
        [task for row, task in enumerate(tasks) if row in chosen],
    )


def joint_rate(policy: Policy, generator: Generator, judge: Judge, tasks: Sequence[Task], seed: int) -> float:
    """Share of ``tasks`` whose greedy answer passes function and quality; what was masked counts as not passed."""
    judged = judge.score(tasks, respond(policy, generator, tasks, seed=seed))
    return sum(func_qual_passed(verdict) is True for verdict, _ in judged) / len(tasks)
