"""Raw rows from a local file, a local folder or the hub, one at a time, in memory bounded by a batch."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from real.datasets.config import DatasetCfg
from real.datasets.fields import Row
from real.errors import DataError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".parquet", ".jsonl")
MAX_LINE = 64 << 20  # bytes of a JSON line; the largest released row has less than 1 MiB
_BATCH = 16  # parquet rows in memory at a time


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row whose fields cannot even be read; it is counted and skipped as one row, with this reason."""

    reason: str


RawRow: TypeAlias = Row | BrokenRow


def read_configured(cfg: DatasetCfg, split: str) -> Iterator[RawRow]:
    """Rows of ``cfg.path`` or, where that is null, of ``cfg.hub_id``; raises ``UsageError`` when both are null."""
    if cfg.path is not None:
        return read_file(find_split(Path(cfg.path), split))
    if cfg.hub_id is not None:
        return read_hub(cfg.hub_id, split)
    raise UsageError(
        f"data set {cfg.name} is not embedded: where are its files?",
        hint=f"Set dataset.path to the folder that holds {split}.parquet, or dataset.hub_id to its id on the hub.",
    )


def find_split(path: Path, split: str) -> Path:
    """The file itself, or ``{split}.parquet`` / ``{split}.jsonl`` in a folder; raises ``DataError`` without one."""
    if path.is_dir():
        for suffix in SUFFIXES:
            if (candidate := path / f"{split}{suffix}").is_file():
                return candidate
        present = ", ".join(sorted(p.name for p in path.iterdir())) or "nothing"
        raise DataError(f"{path} has neither {split}.parquet nor {split}.jsonl", hint=f"It holds: {present}.")
    if not path.exists():
        raise DataError(
            f"{path} does not exist", hint="Expected a .parquet or .jsonl file, or a folder that holds one."
        )
    if path.suffix not in SUFFIXES:
        raise DataError(f"{path} is neither a .parquet nor a .jsonl file")
    return path


def read_file(path: Path) -> Iterator[RawRow]:
    """Rows of one file; raises ``DataError`` naming the file that cannot be read."""
    return _read_parquet(path) if path.suffix == ".parquet" else _read_jsonl(path)


def _read_parquet(path: Path) -> Iterator[RawRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH):
                yield from _rows(batch)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read as parquet: {error}") from error


def _rows(batch: pa.RecordBatch) -> Iterator[RawRow]:
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:  # one cell spoils the batch: find its row
        for index in range(batch.num_rows):
            try:
                yield from batch.slice(index, 1).to_pylist()
            except UnicodeDecodeError as error:
                yield BrokenRow(f"not UTF-8: {error.reason}")


def _read_jsonl(path: Path) -> Iterator[RawRow]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    while line and not line.endswith(b"\n"):
                        line = file.readline(MAX_LINE)
                    yield BrokenRow(f"line {number} has more than {MAX_LINE >> 20} MiB")
                elif line.strip():
                    yield _parse_line(line, number)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _parse_line(line: bytes, number: int) -> RawRow:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return BrokenRow(f"line {number} is not UTF-8: {error.reason} at byte {error.start}")
    except json.JSONDecodeError as error:
        return BrokenRow(f"line {number} is not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:  # a number of too many digits, too many brackets
        return BrokenRow(f"line {number} is not usable JSON: {error}")
    return row if isinstance(row, dict) else BrokenRow(f"line {number} is not a JSON object")


def read_hub(hub_id: str, split: str) -> Iterator[RawRow]:
    """Rows of a data set on the hub, streamed: nothing but the rows in use is held.

    ``hub_id`` may also be a local folder in a layout that the ``datasets`` library knows. Raises ``DataError`` when the
    library is absent or the hub says no.
    """
    try:
        library = importlib.import_module("datasets")  # an extra; by name, so that type checks pass without it
    except ImportError as error:
        raise DataError(
            f"{hub_id} is on the hub, and the library that reads from there is not installed",
            hint="Run: pip install 'real-quality-code[hub]', or download the files and set dataset.path.",
        ) from error
    try:
        rows: Iterator[Mapping[str, object]] = iter(library.load_dataset(hub_id, split=split, streaming=True))
        yield from rows
    except UnicodeDecodeError as error:  # the library's iterator cannot go on after the cell
        raise DataError(f"{hub_id}, split {split}, holds text that is not UTF-8: {error.reason}") from error
    except (OSError, ValueError) as error:
        raise DataError(f"the hub did not give {hub_id}, split {split}: {error}") from error
