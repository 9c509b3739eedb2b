"""Train and test without leaks: what shares a description, code or tests, or nearly so, goes to the same side."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from real.datasets.contamination import LEAKS, links
from real.datasets.statement import statement
from real.types import Task


def split_by_description(tasks: Sequence[Task], test_share: float, seed: int = 0) -> tuple[list[Task], list[Task]]:
    """(train, test), each in the order of ``tasks``: at most ``test_share`` of them in test.

    Tasks that leak into one another (``contamination.LEAKS``), directly or over others, form a group that stays
    together. Groups go to test in the order of a hash of their statements and ``seed`` until the share is reached; one
    that would overshoot is passed over. The ids of ``tasks`` are unique.
    """
    members: dict[str, list[int]] = {}
    root = _roots(tasks)
    for at, task in enumerate(tasks):
        members.setdefault(root[task.task_id], []).append(at)
    wanted = round(test_share * len(tasks))
    chosen: set[int] = set()
    for group in sorted(members.values(), key=lambda own: _rank(tasks, own, seed)):
        if len(chosen) + len(group) <= wanted:
            chosen.update(group)
    train = [replace(task, split="train") for at, task in enumerate(tasks) if at not in chosen]
    test = [replace(task, split="test") for at, task in enumerate(tasks) if at in chosen]
    return train, test


def _roots(tasks: Sequence[Task]) -> dict[str, str]:
    """Each task's group, named by one of its tasks."""
    parent = {task.task_id: task.task_id for task in tasks}

    def root(task_id: str) -> str:
        while parent[task_id] != task_id:
            parent[task_id] = parent[parent[task_id]]
            task_id = parent[task_id]
        return task_id

    for link in links(tasks, []):
        if link.kind in LEAKS:
            parent[root(link.later.task_id)] = root(link.earlier.task_id)
    return {task_id: root(task_id) for task_id in parent}


def _rank(tasks: Sequence[Task], group: Sequence[int], seed: int) -> str:
    return min(hashlib.sha256(f"{seed}\0{statement(tasks[at])}".encode()).hexdigest() for at in group)
