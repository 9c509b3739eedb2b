"""Data sets: rows to tasks. ``load`` reads a configured one, ``load_path`` a name, a file or a folder.

One file a data set; importing this package registers them all in ``LOADERS``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from real.datasets import apps_plus, local_jsonl, safesql, safesql_gen, safesql_mini, seccodeplt_plus  # noqa: F401
from real.datasets.config import DatasetCfg
from real.datasets.files import SUFFIXES, BrokenRow, RawRow, find_split, read_file
from real.datasets.loading import (
    LOADERS,
    Loaded,
    Loader,
    SkippedRow,
    check_split,
    content_hash,
    load_rows,
    stream_rows,
)
from real.datasets.subset import check_subset, clean
from real.errors import DataError
from real.types import Task

__all__ = ["LOADERS", "DatasetCfg", "Loaded", "Loader", "SkippedRow", "content_hash", "load", "load_path", "stream"]


def load(cfg: DatasetCfg, split: str, *, subset: str = "all") -> Loaded:
    """The tasks of one split (``train`` or ``test``), at most ``cfg.train_tasks`` or ``cfg.test_tasks`` of them.

    A row that cannot be read is skipped and listed. With ``subset="clean"`` the test split is what nothing in the
    whole train split gives away. Raises ``UnknownNameError`` for an unknown name, ``UsageError`` without a source,
    ``DataError`` for an unreadable file, when more than 5 % of the rows are bad, and for ``clean`` without a train
    split.
    """
    check_split(split)
    check_subset(subset)
    loader = LOADERS.get(cfg.name)
    limit = cfg.train_tasks if split == "train" else cfg.test_tasks
    if split == "train" or subset == "all":
        return load_rows(cfg.name, loader.read(cfg, split), loader, split, limit)
    test = load_rows(cfg.name, loader.read(cfg, "test"), loader, "test")
    try:
        train = load_rows(cfg.name, loader.read(cfg, "train"), loader, "train")
    except DataError as error:
        raise _no_train(cfg.name, error) from error
    kept = clean(test, train.tasks)
    tasks = kept.tasks[:limit]
    return replace(kept, tasks=tasks, content_hash=content_hash(tasks))


def stream(cfg: DatasetCfg, split: str) -> Iterator[Task | SkippedRow]:
    """Each row of a split as a task or as the reason why it is none, one at a time; raises as ``load`` does.

    Nothing is kept but the ids seen, so the 5 % rule and the subset are the caller's business.
    """
    check_split(split)
    loader = LOADERS.get(cfg.name)
    return stream_rows(loader.read(cfg, split), loader, split)


def load_path(name_or_path: str, split: str, *, cfg: DatasetCfg | None = None, subset: str = "all") -> Loaded:
    """Tasks of a data set name, a ``.parquet``/``.jsonl`` file, or a folder that holds ``{split}`` as one of the two.

    What exists as a file or folder is read as such, else the text is a name. The data set of a file is told by its
    columns. ``cfg`` gives path, hub id and seed where a name is given; ``subset`` chooses test tasks as in ``load``,
    for which the train split has to lie in the same folder.
    Raises as ``load`` does, and ``DataError`` for a file whose columns no data set has.
    """
    check_split(split)
    check_subset(subset)
    path = Path(name_or_path)
    if not path.exists() and path.suffix not in SUFFIXES and len(path.parts) == 1:
        return load(replace(cfg or DatasetCfg(), name=name_or_path), split, subset=subset)
    loaded = _load_file(find_split(path, split), split)
    if split == "train" or subset == "all":
        return loaded
    try:
        train = _load_file(find_split(path if path.is_dir() else path.parent, "train"), "train")
    except DataError as error:
        raise _no_train(name_or_path, error) from error
    return clean(loaded, train.tasks)


def _load_file(file: Path, split: str) -> Loaded:
    rows = iter(read_file(file))
    head: list[RawRow] = []
    for row in rows:
        head.append(row)
        if not isinstance(row, BrokenRow):
            break
    if not head:
        raise DataError(f"{file} holds no row")
    columns = frozenset[str]() if isinstance(head[-1], BrokenRow) else frozenset(head[-1])
    name = detect(columns, file)
    return load_rows(name, chain(head, rows), LOADERS.get(name), split)


def _no_train(name: str, error: DataError) -> DataError:
    return DataError(
        f"the clean subset of {name} needs its train split, to know what leaks: {str(error).splitlines()[0]}",
        hint="Put the train split beside the test split, or use the subset all.",
    )


def detect(columns: frozenset[str], file: Path) -> str:
    """The data set whose columns a file has; raises ``DataError`` naming what was found and what was looked for."""
    known = {name: LOADERS.get(name).columns for name in LOADERS if LOADERS.get(name).columns}
    for name, wanted in known.items():
        if wanted <= columns:
            return name
    if file.suffix == ".jsonl":
        return local_jsonl.NAME  # its rows then say which field is missing
    forms = "; ".join(f"{name}: {', '.join(sorted(wanted))}" for name, wanted in sorted(known.items()))
    raise DataError(
        f"{file} has the columns of no known data set: {', '.join(sorted(columns))}", hint=f"Known: {forms}"
    )
