"""Data sets: rows to tasks. ``load`` reads a configured one, ``load_path`` a name, a file or a folder.

One file a data set; importing this package registers them all in ``LOADERS``.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from pathlib import Path

from real.datasets import apps_plus, local_jsonl, safesql, safesql_mini, seccodeplt_plus  # noqa: F401
from real.datasets.config import DatasetCfg
from real.datasets.files import SUFFIXES, find_split, read_file
from real.datasets.loading import LOADERS, Loaded, Loader, SkippedRow, check_split, content_hash, load_rows
from real.errors import DataError

__all__ = ["LOADERS", "DatasetCfg", "Loaded", "Loader", "SkippedRow", "content_hash", "load", "load_path"]


def load(cfg: DatasetCfg, split: str) -> Loaded:
    """The tasks of one split (``train`` or ``test``), at most ``cfg.train_tasks`` or ``cfg.test_tasks`` of them.

    A row that cannot be read is skipped and listed. Raises ``UnknownNameError`` for an unknown name, ``UsageError``
    without a source, ``DataError`` for an unreadable file or when more than 5 % of the rows are bad.
    """
    check_split(split)
    loader = LOADERS.get(cfg.name)
    limit = cfg.train_tasks if split == "train" else cfg.test_tasks
    return load_rows(cfg.name, loader.read(cfg, split), loader, split, limit)


def load_path(name_or_path: str, split: str, *, cfg: DatasetCfg | None = None) -> Loaded:
    """Tasks of a data set name, a ``.parquet``/``.jsonl`` file, or a folder that holds ``{split}`` as one of the two.

    What exists as a file or folder is read as such, else the text is a name. The data set of a file is told by its
    columns. ``cfg`` gives path, hub id and seed where a name is given.
    Raises as ``load`` does, and ``DataError`` for a file whose columns no data set has.
    """
    check_split(split)
    path = Path(name_or_path)
    if not path.exists() and path.suffix not in SUFFIXES and len(path.parts) == 1:
        return load(replace(cfg or DatasetCfg(), name=name_or_path), split)
    file = find_split(path, split)
    rows = iter(read_file(file))
    first = next(rows, None)
    if first is None:
        raise DataError(f"{file} holds no row")
    name = detect(frozenset(first), file)
    return load_rows(name, chain([first], rows), LOADERS.get(name), split)


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
