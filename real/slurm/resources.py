"""CPUs and memory that a stage requests, and the folders that its container mounts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from real.config.costs import is_distributed
from real.errors import UsageError
from real.settings import RootCfg
from real.slurm.config import ClusterCfg
from real.training.openrlhf.host_memory import evaluation_gb, to_request, training_gb
from real.training.openrlhf.layout import lay_out

_EVALUATION_CPUS = 8  # sandbox and MyPy workers beside one GPU, where cluster.cpus_per_node says nothing
_TABLES_CPUS, _TABLES_GB = 2, 2
_NAMED = ("targets", "pairs", "adapter", "lexicon", "text")  # settings of methods that name a file or a folder
_ALL = "0"  # to SLURM: all memory of the node; --exclusive alone gives the partition's default (man sbatch)


def training_memory(root: RootCfg) -> int:
    """GB to request on each node of a training job; 0 if the model's size is unknown."""
    if not is_distributed(root):
        return evaluation_memory(root)
    return to_request(training_gb(root, lay_out(root, root.cluster.gpus_per_node)))


def evaluation_memory(root: RootCfg) -> int:
    """GB to request for an evaluation job; 0 if the model's size is unknown."""
    return to_request(evaluation_gb(root))


def cpus_option(cluster: ClusterCfg, *, training: bool, gpus: int) -> str:
    """The value of ``--cpus-per-task``, empty for the cluster's default; evaluation gets its GPUs' share."""
    if training or not cluster.cpus_per_node:
        asked = cluster.cpus_per_node or (0 if training or not gpus else _EVALUATION_CPUS)
        return str(asked or "")
    return str(_share(cluster.cpus_per_node, cluster, gpus))


def memory_option(cluster: ClusterCfg, *, training: bool, gpus: int, needed_gb: int) -> str:
    """The value of ``--mem``, empty for the cluster's default.

    ``cluster.memory_gb_per_node`` decides for a training; evaluation gets its GPUs' share of it, or what loading the
    model needs where that is more. Without it: all of an exclusive node, else what the model needs.
    """
    available = cluster.memory_gb_per_node
    if training:
        asked = available or (0 if cluster.exclusive else needed_gb)
        return f"{asked}G" if asked else _ALL if cluster.exclusive else ""
    if available:
        return f"{min(max(_share(available, cluster, gpus), needed_gb), available)}G"
    return f"{needed_gb}G" if needed_gb else ""


def tables_options(cluster: ClusterCfg) -> tuple[str, str]:
    """The values of ``--cpus-per-task`` and ``--mem`` for the job that makes tables and figures."""
    return str(min(cluster.cpus_per_node or _TABLES_CPUS, _TABLES_CPUS)), (
        f"{min(cluster.memory_gb_per_node or _TABLES_GB, _TABLES_GB)}G"
    )


def _share(amount: int, cluster: ClusterCfg, gpus: int) -> int:
    return max(1, amount * gpus // cluster.gpus_per_node) if gpus else amount


def folders_of(root: RootCfg) -> tuple[str, ...]:
    """Return the folders that a run reads outside the repository: data set, local model, what its method names."""
    method = getattr(root.method, root.method.name, None)
    own = [getattr(method, key, None) for key in _NAMED]
    named = [Path(name) for name in (root.dataset.path, root.model.path, *own) if name and Path(name).exists()]
    # A file is seen through its folder; a data set that is one was always named by itself.
    folders = [path.parent if path.is_file() and str(path) in own else path for path in named]
    return tuple(str(folder.absolute()) for folder in folders)


def mounts(folders: Iterable[str], own: Sequence[str]) -> list[str]:
    """Return the mounts of a container (FROM:TO): ``folders``, the folders of ``REAL_DATA`` and ``HF_*``, and ``own``.

    Raises ``UsageError`` for a folder whose path cannot be mounted.
    """
    home = os.environ.get("HF_HOME") or str(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    caches = (home, *(os.environ.get(name) for name in ("REAL_DATA", "HF_HUB_CACHE", "HF_DATASETS_CACHE")))
    paths = [Path(name).expanduser().absolute() for name in caches if name]
    found = dict.fromkeys([*folders, *(str(path) for path in paths if path.exists())])
    for folder in found:
        if any(sign in folder for sign in ":,"):
            raise UsageError(
                f"the container cannot see {folder}: a mount has no ':' or ',' in its path", hint="Use another path."
            )
    return [*(f"{folder}:{folder}" for folder in found), *own]
