"""Data sets: rows to tasks. ``load`` reads a configured one, ``load_path`` a name, a file or a folder.

One file a data set; importing this package registers them all in ``LOADERS``. ``sources`` says where rows come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from real.datasets import apps_plus, functions_mini, local_jsonl, safesql, safesql_gen, safesql_mini, seccodeplt_plus  # noqa: F401
from real.datasets.config import EMBEDDED, DatasetCfg
from real.datasets.detection import load_files
from real.datasets.files import SUFFIXES, RawRow, holds_split, read_files, read_hub, split_files
from real.datasets.loading import (
    LOADERS,
    SPLITS,
    Loaded,
    Loader,
    SkippedRow,
    check_split,
    content_hash,
    load_rows,
    stream_rows,
)
from real.datasets.sources import CONFIG_OPTION, find_source, local_folders
from real.datasets.subset import check_subset, clean
from real.errors import DataError, UnknownNameError
from real.registry import did_you_mean
from real.types import Task

__all__ = [
    "LOADERS",
    "DatasetCfg",
    "Loaded",
    "Loader",
    "SkippedRow",
    "content_hash",
    "load",
    "load_path",
    "load_splits",
    "stream",
]
DATASET_OPTION = "--dataset FOLDER"


def load(cfg: DatasetCfg, split: str, *, subset: str = "all", option: str = CONFIG_OPTION) -> Loaded:
    """The tasks of one split (``train`` or ``test``), at most ``cfg.train_tasks`` or ``cfg.test_tasks`` of them.

    A row that cannot be read is skipped and listed. With ``subset="clean"`` the test split is what nothing in the
    whole train split gives away. ``option`` is how the command at hand takes a path. Raises ``UnknownNameError`` for an
    unknown name, ``DataError`` where the data set cannot be found (see ``sources``), for an unreadable file, when more
    than 5 % of the rows are bad, and for ``clean`` without a train split.
    """
    check_split(split)
    check_subset(subset)
    loader = LOADERS.get(cfg.name)
    limit = cfg.train_tasks if split == "train" else cfg.test_tasks
    if split == "train" or subset == "all":
        return load_rows(cfg.name, _rows(cfg, split, option), loader, split, limit)
    test = load_rows(cfg.name, _rows(cfg, "test", option), loader, "test")
    try:
        train = load_rows(cfg.name, _rows(cfg, "train", option), loader, "train")
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
    return stream_rows(_rows(cfg, split, CONFIG_OPTION), loader, split)


def _rows(cfg: DatasetCfg, split: str, option: str) -> Iterable[RawRow]:
    source = find_source(cfg, split, option)
    if source.files:
        return read_files(source.files)
    if source.hub_id is not None:
        return read_hub(source.hub_id, split, source.hint)
    loader = LOADERS.get(cfg.name)
    assert loader.generate is not None  # an embedded data set has no other source
    return loader.generate(cfg, split)


def load_path(
    text: str,
    split: str,
    *,
    data_seed: int = 0,
    subset: str = "all",
    folder: str | None = None,
    option: str = DATASET_OPTION,
) -> Loaded:
    """Tasks of a data set name, a ``.parquet``/``.jsonl`` file, or a folder that holds ``{split}`` as one of the two.

    What exists as a file or folder is read as such, and the data set of a file is told by its columns; else the text is
    a name. ``folder`` holds data sets by name, and is then the only place where that name is looked for; ``option`` is
    how the command at hand takes a path. ``data_seed`` is the seed of an embedded generator. ``subset`` chooses test
    tasks as in ``load``, for which the train split has to lie in the same folder.
    Raises as ``load`` does, and ``DataError`` for a file whose columns no data set has.
    """
    check_split(split)
    check_subset(subset)
    found = _resolve(text, folder)
    if isinstance(found, DatasetCfg):
        return load(replace(found, data_seed=data_seed), split, subset=subset, option=option)
    loaded = load_files(split_files(found, split), split)
    if split == "train" or subset == "all":
        return loaded
    try:
        train = load_files(split_files(found if found.is_dir() else found.parent, "train"), "train")
    except DataError as error:
        raise _no_train(text, error) from error
    return clean(loaded, train.tasks)


def load_splits(text: str, *, folder: str | None = None, option: str = DATASET_OPTION) -> dict[str, Loaded]:
    """Every split that is at hand where ``load_path`` looks, train first; raises as it does where none is."""
    found = _resolve(text, folder)
    if isinstance(found, Path) or found.path is not None:
        places = [found if isinstance(found, Path) else Path(str(found.path))]
    else:
        places = [] if found.name in EMBEDDED else [*local_folders(found.name)]
    held = [[split for split in SPLITS if holds_split(place, split)] for place in places]
    present = next((splits for splits in held if splits), SPLITS)  # of neither, the message is that of the first
    return {split: load_path(text, split, folder=folder, option=option) for split in present}


def _resolve(text: str, folder: str | None) -> Path | DatasetCfg:
    """The file or folder that a text of a command line means, or the data set that it names."""
    path = Path(text)
    below = None if folder is None else Path(folder) / text
    if text in LOADERS and (below is not None or not path.exists()):
        given = str(below) if below is not None and (below.exists() or text not in EMBEDDED) else None
        return DatasetCfg(text, given, LOADERS.get(text).hub_id)
    if path.exists() or path.suffix in SUFFIXES or len(path.parts) != 1:
        return path
    for place in local_folders(text) if below is None else (below,):  # a data set of one's own, beside the known ones
        if place.is_dir():
            return place
    raise UnknownNameError(f"{text} is no data set, file or folder", hint=did_you_mean(text, LOADERS))


def _no_train(name: str, error: DataError) -> DataError:
    return DataError(
        f"the clean subset of {name} needs its train split, to know what leaks: {str(error).splitlines()[0]}",
        hint="Put the train split beside the test split, or use the subset all.",
    )
