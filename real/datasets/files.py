"""Raw rows from a local file, a local folder or the hub, one at a time, in memory bounded by a batch."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from real.datasets.fields import Row
from real.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".parquet", ".jsonl")
MAX_LINE = 64 << 20  # bytes of a JSON line; the largest released row has less than 1 MiB
_BATCH = 16  # parquet rows in memory at a time
# A file of a split in several, as the hub names it: {split}-00000-of-00002.parquet, at times with a hash at the end.
_SHARD = re.compile(r"(?P<split>\w+)-(?P<number>\d{5})-of-(?P<total>\d{5})(?:-[0-9a-f]+)?(?P<suffix>\.parquet|\.jsonl)")


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row whose fields cannot even be read; it is counted and skipped as one row, with this reason."""

    reason: str


RawRow: TypeAlias = Row | BrokenRow


def holds_split(folder: Path, split: str) -> bool:
    """Whether a folder has a file, or the first of several, for a split."""
    return _single(folder, split) is not None or bool(_shards(folder, split))


def split_files(path: Path, split: str) -> tuple[Path, ...]:
    """The files of a split, in order.

    ``path`` is a file, or a folder with ``{split}.parquet``, ``{split}.jsonl`` or the shards of a hub's layout,
    ``{split}-00000-of-00002.parquet``, there or below ``data``. One shard stands for all of its split.
    Raises ``DataError`` where there is none, and where a shard is missing.
    """
    if path.is_dir():
        if (single := _single(path, split)) is not None:
            return (single,)
        if shards := _shards(path, split):
            return shards
        present = ", ".join(sorted(p.name for p in path.iterdir())) or "nothing"
        raise DataError(f"{path} has neither {split}.parquet nor {split}.jsonl", hint=f"It holds: {present}.")
    if not path.exists():
        raise DataError(
            f"{path} does not exist", hint="Expected a .parquet or .jsonl file, or a folder that holds one."
        )
    if path.suffix not in SUFFIXES:
        raise DataError(f"{path} is neither a .parquet nor a .jsonl file")
    shard = _SHARD.fullmatch(path.name)
    return (path,) if shard is None else _complete(path.parent, shard["split"], shard["suffix"])


def _single(folder: Path, split: str) -> Path | None:
    return next((file for suffix in SUFFIXES if (file := folder / f"{split}{suffix}").is_file()), None)


def _shards(folder: Path, split: str) -> tuple[Path, ...]:
    for place in (folder, folder / "data"):
        for suffix in SUFFIXES:
            if found := _complete(place, split, suffix):
                return found
    return ()


def _complete(folder: Path, split: str, suffix: str) -> tuple[Path, ...]:
    """Every shard of a split in a folder, or none; raises ``DataError`` where some are missing."""
    names = [] if not folder.is_dir() else sorted(path.name for path in folder.iterdir())
    shards = [shard for name in names if (shard := _SHARD.fullmatch(name)) is not None]
    shards = [shard for shard in shards if (shard["split"], shard["suffix"]) == (split, suffix)]
    numbers = [int(shard["number"]) for shard in shards]
    totals = {int(shard["total"]) for shard in shards}
    if shards and (len(totals) > 1 or numbers != list(range(max(totals)))):
        raise DataError(
            f"{folder} holds {len(shards)} of {' or '.join(map(str, sorted(totals)))} files of the {split} split: "
            f"{', '.join(shard.string for shard in shards[:5])}",
            hint="Download the others, too: a part of a split would be counted as the whole.",
        )
    return tuple(folder / shard.string for shard in shards)


def read_files(paths: Iterable[Path]) -> Iterator[RawRow]:
    """The rows of several files, one after the other; raises ``DataError`` naming the file that cannot be read."""
    for path in paths:
        yield from read_file(path)


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
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))  # an editor's byte order mark
    except UnicodeDecodeError as error:
        return BrokenRow(f"line {number} is not UTF-8: {error.reason} at byte {error.start}")
    except json.JSONDecodeError as error:
        return BrokenRow(f"line {number} is not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:  # a number of too many digits, too many brackets
        return BrokenRow(f"line {number} is not usable JSON: {error}")
    return row if isinstance(row, dict) else BrokenRow(f"line {number} is not a JSON object")


def read_hub(hub_id: str, split: str, hint: str = "") -> Iterator[RawRow]:
    """Rows of a data set on the hub, streamed: nothing but the rows in use is held.

    ``hub_id`` may also be a local folder in a layout that the ``datasets`` library knows. Raises ``DataError``, with
    ``hint``, when the library is absent or the hub says no.
    """
    try:
        library = importlib.import_module("datasets")  # an extra; by name, so that type checks pass without it
    except ImportError as error:
        raise DataError(
            f"{hub_id} is on the hub, and the library that reads from there is not installed",
            hint="Run: pip install 'real-quality-code[hub]', or download the files and give their folder.",
        ) from error
    try:
        rows: Iterator[Mapping[str, object]] = iter(library.load_dataset(hub_id, split=split, streaming=True))
        yield from rows
    except UnicodeDecodeError as error:  # the library's iterator cannot go on after the cell
        raise DataError(f"{hub_id}, split {split}, holds text that is not UTF-8: {error.reason}") from error
    except (OSError, ValueError) as error:
        raise DataError(f"the hub did not give {hub_id}, split {split}: {error}", hint=hint) from error
