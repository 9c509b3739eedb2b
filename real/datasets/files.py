"""Raw rows from a local file, a local folder or the hub."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path

from real.datasets.config import DatasetCfg
from real.datasets.fields import Row
from real.errors import DataError, UsageError

SUFFIXES = (".parquet", ".jsonl")


def read_configured(cfg: DatasetCfg, split: str) -> Iterator[Row]:
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


def read_file(path: Path) -> Iterator[Row]:
    """Rows of one file; raises ``DataError`` naming the file, and for JSON Lines the line, that cannot be read."""
    return _read_parquet(path) if path.suffix == ".parquet" else _read_jsonl(path)


def _read_parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows: list[Row] = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read as parquet: {error}") from error
    yield from rows


def _read_jsonl(path: Path) -> Iterator[Row]:
    """A line that is not a JSON object becomes a row without fields, so that it is counted and skipped as one row."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _parse_line(line, number)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _parse_line(line: str, number: int) -> Row:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return {"broken": f"line {number} is not JSON: {error.msg} at column {error.colno}"}
    return row if isinstance(row, dict) else {"broken": f"line {number} is not a JSON object"}


def read_hub(hub_id: str, split: str) -> Iterator[Row]:
    """Rows of a data set on the hub; raises ``DataError`` when the client library is absent or the hub says no."""
    try:
        library = importlib.import_module("datasets")  # an extra; by name, so that type checks pass without it
    except ImportError as error:
        raise DataError(
            f"{hub_id} is on the hub, and the library that reads from there is not installed",
            hint="Run: pip install 'real-quality-code[hub]', or download the files and set dataset.path.",
        ) from error
    try:
        table = library.load_dataset(hub_id, split=split)
    except (OSError, ValueError) as error:
        raise DataError(f"the hub did not give {hub_id}, split {split}: {error}") from error
    for row in table:
        yield dict(row)
