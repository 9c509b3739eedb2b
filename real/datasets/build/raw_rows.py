"""Rows that a builder starts from: a file, a folder with a split, or a hub id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from real.datasets.files import RawRow, read_files, read_hub, split_files
from real.errors import DataError


def raw_rows(source: str, split: str) -> Iterator[RawRow]:
    """Rows of ``source``: what exists as a file or folder is read as such, else ``OWNER/NAME`` is a hub id.

    Raises ``DataError`` where there is neither.
    """
    path = Path(source)
    if path.exists():
        return read_files(split_files(path, split))
    if path.suffix or source.count("/") > 1:
        raise DataError(f"{source} does not exist", hint="Give a file, a folder, or a hub id such as OWNER/NAME.")
    return read_hub(source, split)
