"""The clean subset of a test split: what is left when everything that leaks is taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from real.datasets.contamination import LEAKS, Link, links
from real.datasets.loading import Loaded, content_hash
from real.errors import DataError, UsageError
from real.registry import did_you_mean
from real.types import Task

SUBSETS = ("all", "clean")
RULE = "clean-1"  # raise it when the rule, or what it is made of, changes


def check_subset(subset: str) -> None:
    """Raise ``UsageError`` with the nearest names unless ``subset`` is all or clean."""
    if subset not in SUBSETS:
        raise UsageError(f"unknown subset {subset!r}", hint=did_you_mean(subset, SUBSETS))


def unclean(test: Iterable[Task], found: Iterable[Link]) -> dict[str, tuple[Link, ...]]:
    """Test task id to its leaks, in the order of the split; whoever is not in it is clean.

    The rule, ``RULE``: a test task is clean when it shares description, code or tests with no train task and with no
    earlier test task, and is a near-duplicate of none of them. Of tasks that repeat one another the first stays.
    """
    leaks: dict[str, list[Link]] = {task.task_id: [] for task in test}
    for link in found:
        if link.kind in LEAKS and link.later.split == "test":
            leaks[link.later.task_id].append(link)
    return {task_id: tuple(own) for task_id, own in leaks.items() if own}


def clean(test: Loaded, train: Sequence[Task]) -> Loaded:
    """The clean tasks of a test split, in order, under the same name; raises ``DataError`` where none is left."""
    removed = unclean(test.tasks, links(train, test.tasks))
    tasks = [task for task in test.tasks if task.task_id not in removed]
    if not tasks:
        raise DataError(f"{test.name}: no test task is clean by the rule {RULE}")
    return replace(test, tasks=tasks, content_hash=content_hash(tasks), subset=RULE)
