"""Files of any data set: which one they hold is told by their columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from real.datasets import local_jsonl
from real.datasets.files import BrokenRow, RawRow, read_files
from real.datasets.loading import LOADERS, Loaded, load_rows
from real.errors import DataError


def load_files(files: Sequence[Path], split: str) -> Loaded:
    """The tasks of the files of one split; raises ``DataError`` as ``load_rows`` does, and where no data set fits."""
    rows = iter(read_files(files))
    head: list[RawRow] = []
    for row in rows:
        head.append(row)
        if not isinstance(row, BrokenRow):
            break
    if not head:
        raise DataError(f"{files[0]} holds no row")
    columns = frozenset[str]() if isinstance(head[-1], BrokenRow) else frozenset(head[-1])
    name = detect(columns, files[0])
    return load_rows(name, chain(head, rows), LOADERS.get(name), split)


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
