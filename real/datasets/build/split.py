"""Train and test without leaks: what shares a description, or code, goes to the same side."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from real.datasets.statement import statement
from real.types import Task


def split_by_description(tasks: Sequence[Task], test_share: float, seed: int = 0) -> tuple[list[Task], list[Task]]:
    """(train, test), each in the order of ``tasks``: about ``test_share`` of them in test.

    Tasks that share a description, a reference or an unsafe program, directly or over others, form a group that stays
    together. Groups go to test in the order of a hash of their texts and ``seed`` until the share is reached; one that
    would overshoot is passed over.
    """
    groups = _groups([_texts(task) for task in tasks])
    members: dict[int, list[int]] = {}
    for at, group in enumerate(groups):
        members.setdefault(group, []).append(at)
    wanted = round(test_share * len(tasks))
    chosen: set[int] = set()
    for own in sorted(members.values(), key=lambda group: _rank(tasks, group, seed)):
        if len(chosen) + len(own) <= wanted:
            chosen.update(own)
    train = [replace(task, split="train") for at, task in enumerate(tasks) if at not in chosen]
    test = [replace(task, split="test") for at, task in enumerate(tasks) if at in chosen]
    return train, test


def _texts(task: Task) -> list[Hashable]:
    texts = [("description", statement(task)), ("code", task.reference), ("code", task.unsafe)]
    return [(kind, " ".join(text.split()).lower()) for kind, text in texts if text and text.strip()]


def _groups(keys: Sequence[Iterable[Hashable]]) -> list[int]:
    """The number of the group of each item: items with a common key, and items grouped with those, are together."""
    parent = list(range(len(keys)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    first: dict[Hashable, int] = {}
    for at, own in enumerate(keys):
        for key in own:
            parent[root(at)] = root(first.setdefault(key, at))
    return [root(at) for at in range(len(keys))]


def _rank(tasks: Sequence[Task], group: Sequence[int], seed: int) -> str:
    return min(hashlib.sha256(f"{seed}\0{statement(tasks[at])}".encode()).hexdigest() for at in group)
