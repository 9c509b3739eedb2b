"""Where the rows of a data set come from: one rule, and one message, for every command.

1. A path that was given (``dataset.path``, ``--dataset PATH``, ``--data FOLDER``), and nothing else.
2. An embedded data set is generated.
3. The folder ``NAME`` below the folder that ``REAL_DATA`` names, or below ``data`` here, where it holds the split.
4. The data set's id on the hub, streamed through the extra ``hub``.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from real.datasets.config import EMBEDDED, DatasetCfg
from real.datasets.files import holds_split, split_files
from real.datasets.loading import SPLITS
from real.errors import DataError

ENVIRONMENT = "REAL_DATA"
LOCAL = Path("data")
CONFIG_OPTION = "dataset.path=FOLDER"  # how run.py says it; other commands have options of their own
_OFFLINE = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")
_TRUE = frozenset({"1", "ON", "YES", "TRUE"})  # as the hub's own library reads them


@dataclass(frozen=True, slots=True)
class Source:
    """Where one split is: ``files`` in their order, or an id on the hub, or neither where it is generated.

    ``hint`` names the ways to say where it is, for the error of a hub that does not answer.
    """

    files: tuple[Path, ...] = ()
    hub_id: str | None = None
    hint: str = ""


def find_source(cfg: DatasetCfg, split: str, option: str = CONFIG_OPTION) -> Source:
    """The source of a split by the rule above; ``option`` is how the command at hand takes a path.

    Nothing is read and the network is not asked. Raises ``DataError`` where a given path, or ``REAL_DATA``, names
    nothing, and where the data set is neither here nor can be had from the hub.
    """
    if cfg.path is not None:
        if not Path(cfg.path).exists():
            raise DataError(f"the data set {cfg.name}: {cfg.path} does not exist", hint=f"It was given as {option}.")
        return Source(split_files(Path(cfg.path), split))
    if cfg.name in EMBEDDED:
        return Source()
    looked = local_folders(cfg.name)
    for folder in looked:
        if holds_split(folder, split):
            return Source(split_files(folder, split))
    hint = f"Give {option}, or let {ENVIRONMENT} name the folder that holds {cfg.name}/{split}.parquet."
    unset = "" if os.environ.get(ENVIRONMENT) else f" ({ENVIRONMENT} is not set)"
    here = f"there is no {split} split in {' or '.join(map(str, looked))}{unset}"
    if (reason := _no_hub(cfg.hub_id)) is not None:
        raise DataError(f"the data set {cfg.name} is not at hand: {here}, and {reason}", hint=hint)
    return Source(hub_id=cfg.hub_id, hint=f"It was looked for there because {here}. {hint}")


def missing(cfg: DatasetCfg, option: str = CONFIG_OPTION, splits: Sequence[str] = SPLITS) -> str | None:
    """Why a split of a data set cannot be had, and what to do, in one line, or ``None``; a hub is taken to answer."""
    try:
        for split in splits:
            find_source(cfg, split, option)
    except DataError as error:
        return f"{error.args[0]}. {error.hint}"
    return None


def local_folders(name: str) -> tuple[Path, ...]:
    """The folders where a data set of this name may lie, in order; they need not exist.

    Raises ``DataError`` where ``REAL_DATA`` names no folder.
    """
    root = os.environ.get(ENVIRONMENT)
    if not root:
        return (LOCAL / name,)
    if not Path(root).is_dir():
        raise DataError(
            f"{ENVIRONMENT} is {root}, which is no folder", hint=f"It names the folder that holds {name}/test.parquet."
        )
    return (Path(root) / name, LOCAL / name)


def _no_hub(hub_id: str | None) -> str | None:
    """Why the hub cannot be asked, as a clause, or ``None``; a hub id may also be a folder in a hub's layout."""
    if hub_id is None:
        return "it has no id on the hub"
    if not _installed("datasets"):
        return f"the library that reads {hub_id} from the hub is missing (pip install 'real-quality-code[hub]')"
    offline = [name for name in _OFFLINE if os.environ.get(name, "").upper() in _TRUE]
    if offline and not Path(hub_id).is_dir():
        return f"{offline[0]} forbids to ask the hub for {hub_id}"
    return None


def _installed(library: str) -> bool:
    try:
        return importlib.util.find_spec(library) is not None
    except ValueError:  # imported, by means that leave no spec
        return True
