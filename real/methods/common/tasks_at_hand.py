"""The tasks of a run before it starts, for methods that cannot work with every data set."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import astuple

from real.datasets import load
from real.datasets.config import DatasetCfg
from real.datasets.sources import find_source
from real.errors import DataError
from real.settings import RootCfg
from real.types import Task


def tasks_at_hand(root: RootCfg, split: str) -> Sequence[Task] | None:
    """The tasks of a split; ``None`` where the hub would have to be asked, or where they cannot be had at all.

    What cannot be had is said for every method alike (``real.config.requirements``); what only the hub knows is left
    to ``Method.check``.
    """
    cfg, subset = root.dataset, str(root.evaluation.subset)
    try:
        source = find_source(cfg, split)
        if source.hub_id is not None:
            return None
        written = tuple((str(file), file.stat().st_mtime_ns) for file in source.files)
        return _loaded(astuple(cfg), split, subset, written)
    except (DataError, OSError):
        return None


@functools.lru_cache(maxsize=16)
def _loaded(settings: tuple[object, ...], split: str, subset: str, written: object) -> Sequence[Task]:
    """Generated, or read as files were ``written``, once for all jobs of a sweep."""
    return load(DatasetCfg(*settings), split, subset=subset).tasks  # type: ignore[arg-type]


def check_cwes(method: str, dataset: str, tasks: Sequence[Task]) -> None:
    """Raise ``DataError`` where no task names a CWE: a method against weaknesses has nothing to do there."""
    if not any(task.cwe for task in tasks):
        raise DataError(
            f"{method} needs tasks that name a CWE, and those of {dataset} name none",
            hint="Choose a data set about security, such as dataset=safesql_mini, or another method.",
        )
