"""Where a command finds a data set: an embedded name, a file or folder, or a name below a folder of data sets."""

from __future__ import annotations

import os
from pathlib import Path

from real.datasets import LOADERS, load, load_path
from real.datasets.config import EMBEDDED, DatasetCfg
from real.datasets.files import SUFFIXES
from real.datasets.loading import SPLITS, Loaded
from real.errors import DataError, UsageError

ENVIRONMENT = "REAL_DATA"  # the folder of data sets, as in conf/dataset


def data_folder(option: str | None) -> Path | None:
    """The folder of data sets: what the command line says, else the environment, else none."""
    text = option or os.environ.get(ENVIRONMENT)
    return Path(text) if text else None


def resolve(name: str, data: Path | None) -> str:
    """The path of ``name`` below ``data`` where there is one, else ``name`` itself."""
    if data is not None and not Path(name).exists() and (data / name).is_dir():
        return str(data / name)
    return name


def open_split(name: str, split: str, data: Path | None, *, subset: str = "all", data_seed: int = 0) -> Loaded:
    """One split; raises as ``load_path`` does."""
    return load_path(resolve(name, data), split, cfg=DatasetCfg(data_seed=data_seed), subset=subset)


def open_splits(name: str, data: Path | None) -> dict[str, Loaded]:
    """Every split that is at hand, train first; raises ``DataError`` where there is none."""
    path = Path(resolve(name, data))
    if name in EMBEDDED and not path.exists():
        return {split: load(DatasetCfg(name=name), split) for split in SPLITS}
    if not path.is_dir():
        raise UsageError(f"{name} is neither an embedded data set nor a folder", hint=_hint(name, data))
    present = [split for split in SPLITS if any((path / f"{split}{suffix}").is_file() for suffix in SUFFIXES)]
    if not present:
        raise DataError(f"{path} holds no split", hint="Expected train.parquet or test.parquet (or .jsonl).")
    return {split: load_path(str(path), split) for split in present}


def _hint(name: str, data: Path | None) -> str:
    where = f"There is no {data / name}." if data is not None else f"Give --data FOLDER or set {ENVIRONMENT}."
    return f"{where} Known names: {', '.join(LOADERS)}."
