"""Rows to tasks: what a loader is, which rows are skipped and why, and when that is too many."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from real.datasets.config import DatasetCfg
from real.datasets.fields import BadRow, Row, check_cells
from real.datasets.files import BrokenRow, RawRow
from real.errors import DataError, UnknownNameError
from real.registry import Registry, did_you_mean
from real.types import Task

MAX_BAD_SHARE = 0.05  # of the rows; above it the file is more likely the wrong one than a little damaged
SPLITS = ("train", "test")


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that could not become a task; ``index`` is its 0-based position, ``row_id`` its id where it has one."""

    index: int
    row_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The tasks of one split; ``content_hash`` is the SHA-256 of prompts, tests and programs.

    ``subset`` is ``all``, or the name and version of the rule by which the tasks were chosen.
    """

    name: str
    split: str
    tasks: list[Task]
    skipped: list[SkippedRow]
    content_hash: str
    subset: str = "all"


@dataclass(frozen=True, slots=True)
class Loader:
    """How one data set becomes tasks.

    ``convert`` turns one row of a split into a task or raises ``BadRow``. ``columns`` tell the data set's files apart
    from those of others. ``generate`` yields the rows of an embedded data set, and may raise ``RealError``.
    """

    convert: Callable[[Row, str], Task]
    columns: frozenset[str]
    id_field: str
    hub_id: str | None = None
    generate: Callable[[DatasetCfg, str], Iterable[RawRow]] | None = None


LOADERS: Registry[Loader] = Registry("dataset")


def stream_rows(rows: Iterable[RawRow], loader: Loader, split: str) -> Iterator[Task | SkippedRow]:
    """One task or one skipped row for each row, in order; holds one row and the ids seen so far."""
    seen: set[str] = set()
    for index, row in enumerate(rows):
        if isinstance(row, BrokenRow):
            yield SkippedRow(index, "", row.reason)
            continue
        try:
            check_cells(row)
            task = loader.convert(row, split)
            if task.task_id in seen:
                raise BadRow(f"task id {task.task_id!r} occurs twice")
        except BadRow as bad:
            yield SkippedRow(index, str(row.get(loader.id_field, ""))[:80], str(bad))
            continue
        seen.add(task.task_id)
        yield task


def load_rows(name: str, rows: Iterable[RawRow], loader: Loader, split: str, limit: int | None = None) -> Loaded:
    """Convert rows, recording each bad one; raises ``DataError`` when more than 5 % are bad or none is good."""
    tasks: list[Task] = []
    skipped: list[SkippedRow] = []
    good = 0
    for item in stream_rows(rows, loader, split):
        if isinstance(item, SkippedRow):
            skipped.append(item)
            continue
        good += 1
        if limit is None or good <= limit:
            tasks.append(item)
    _check_share(name, split, good, skipped)
    return Loaded(name, split, tasks, skipped, content_hash(tasks))


def _check_share(name: str, split: str, good: int, skipped: list[SkippedRow]) -> None:
    total = good + len(skipped)
    if total == 0:
        raise DataError(f"{name}, split {split}: there is no row", hint="Is this the right file, and the right split?")
    if len(skipped) > MAX_BAD_SHARE * total:
        first = "; ".join(f"row {s.index}{f' ({s.row_id})' if s.row_id else ''}: {s.reason}" for s in skipped[:3])
        common = Counter(s.reason for s in skipped).most_common(1)[0]
        raise DataError(
            f"{name}, split {split}: {len(skipped)} of {total} rows cannot be read (at most 5 % may fail). {first}",
            hint=f"Most often: {common[0]} ({common[1]} rows). Is this the file of another data set or version?",
        )


def check_split(split: str) -> None:
    """Raise ``UnknownNameError`` with the nearest names unless ``split`` is train or test."""
    if split not in SPLITS:
        raise UnknownNameError(f"unknown split {split!r}", hint=did_you_mean(split, SPLITS))


def content_hash(tasks: Iterable[Task]) -> str:
    """SHA-256 over the canonical JSON of every field of every task, in order."""
    digest = hashlib.sha256()
    for task in tasks:
        digest.update(json.dumps(dataclasses.asdict(task), sort_keys=True, ensure_ascii=True, default=str).encode())
        digest.update(b"\n")
    return digest.hexdigest()
