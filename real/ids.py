"""The run id: the same composed configuration always has the same one, on every machine.

``<dataset>-<model>-<method>-<reward>-s<seed>-<hash8>``; the hash covers everything that can change a number.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from omegaconf import Container, DictConfig, OmegaConf

# Raise it when the meaning of a key changes without its value: old results are then not taken for new ones.
SCHEMA_VERSION = 2  # 2: settings of sandbox, detector and evaluation have groups of their own

# Where, how fast and under which name something is computed, never what.
_EXCLUDED = ("hydra", "exp_name", "output_dir", "dry_run", "force", "logger", "cluster")
_EXCLUDED_LEAVES = (
    ("trainer", "threads"),
    ("trainer", "microbatch"),
    ("trainer", "gradient_checkpointing"),
    ("trainer", "openrlhf"),
    ("trainer", "keep_checkpoints"),
    ("model", "placement"),
    ("execution", "workers"),
    ("execution", "backend"),
    ("execution", "ray_address"),
    ("execution", "fusion_url"),
)
# Keys that came when directories with ids existed: at these values, which say what was meant before, they do not count.
_LATER = {
    ("evaluation", "samples"): 1,
    ("evaluation", "temperature"): 0.0,
    ("trainer", "shuffle_rewards"): False,
    ("trainer", "sampled_logprobs"): False,
    ("reward", "credit"): "none",
    ("generation", "stop_at_program"): False,
}
# Folders differ between machines: they count as written, not as resolved. (Where a data set is found without a path, by
# the rule of ``datasets/sources.py``, is no part of a run's id; what was read is: every result records its hash.)
_AS_WRITTEN = (("dataset", "path"), ("model", "path"))
_PARTS = ("dataset.name", "model.name", "method.name", "reward.variant")


def canonical(cfg: DictConfig) -> str:
    """What a run id hashes: JSON with sorted keys, without the keys that cannot change a number."""
    content = {str(key): _plain(cfg, str(key), resolve=True) for key in cfg if key not in _EXCLUDED}
    for group, leaf in _AS_WRITTEN:
        if group in content:
            content[group][leaf] = _plain(cfg, group, resolve=False).get(leaf)
    for group, leaf in _EXCLUDED_LEAVES:
        if group in content:
            content[group].pop(leaf, None)
    for (group, leaf), before in _LATER.items():
        if group in content and content[group].get(leaf) == before:
            del content[group][leaf]
    _drop_other_methods(content.get("method"))
    content["schema_version"] = SCHEMA_VERSION
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def _drop_other_methods(method: Any) -> None:  # noqa: ANN401 - nested values
    """Settings of another method than the run's change no number of it (those of sft stay: older ids hold them)."""
    if isinstance(method, dict):
        for section in [key for key, value in method.items() if isinstance(value, dict)]:
            if section not in ("sft", method.get("name")):
                del method[section]


def config_hash(cfg: DictConfig) -> str:
    """The first eight hexadecimal digits of the SHA-256 of ``canonical(cfg)``."""
    return hashlib.sha256(canonical(cfg).encode()).hexdigest()[:8]


def run_id(cfg: DictConfig) -> str:
    """The id, and directory name, of the run that ``cfg`` describes."""
    names = [_slug(str(OmegaConf.select(cfg, key))) for key in _PARTS]
    return "-".join([*names, f"s{cfg.seed}", config_hash(cfg)])


def register_resolver() -> None:
    """Let YAML say ``${run_id:}``; has to happen before Hydra composes."""

    def resolve(*, _root_: Any) -> str:  # noqa: ANN401 - OmegaConf passes the root container
        return run_id(_root_)

    OmegaConf.register_new_resolver("run_id", resolve, replace=True)


def _plain(cfg: DictConfig, key: str, *, resolve: bool) -> Any:  # noqa: ANN401 - any JSON value
    node = cfg[key]
    return OmegaConf.to_container(node, resolve=resolve) if isinstance(node, Container) else node


def _slug(name: str) -> str:
    return re.sub(r"[^\w.]+", "_", name)[:40]
