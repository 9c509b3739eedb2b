"""Is every key of the command line and of the composed config one that the schema knows?"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from real.errors import UnknownNameError, UsageError
from real.registry import did_you_mean
from real.settings import RootCfg

_LAYERS = ("exp", "debug")  # groups of conf/ that are laid over the defaults, hence with a plus


def parse_settings(settings: Sequence[str]) -> list[Override]:
    """Parse ``key=value`` words and check every key; raises ``UsageError`` with the nearest valid ones."""
    parser = OverridesParser.create()
    parsed = []
    for word in settings:
        if "=" not in word and not word.startswith("~"):
            hint = "Settings look like key=value, experiments like +exp=quickstart; python run.py --help lists them."
            raise UsageError(f"{word!r} is no setting", hint=hint)
        try:
            override = parser.parse_override(word)
        except HydraException as error:
            hint = "Values with spaces, commas, quotes or brackets need quotes: 'key=\"a, b\"'."
            raise UsageError(f"cannot read {word!r}: {str(error).splitlines()[0].strip()}", hint=hint) from error
        _check_key(override, word)
        parsed.append(override)
    return parsed


def check_composed(cfg: DictConfig) -> None:
    """Raise ``UnknownNameError`` for a key that some YAML file has and the schema has not."""
    known = set(all_keys())
    for key in _keys_of(OmegaConf.to_container(cfg, resolve=False)):
        if key not in known:
            raise UnknownNameError(f"unknown key {key!r} in the composed config", hint=_nearest(key))


def all_keys(of: Any = RootCfg, prefix: str = "") -> Iterator[str]:  # noqa: ANN401 - a dataclass type
    """Every key of the schema, groups included: ``reward``, ``reward.alpha``, ..."""
    hints = get_type_hints(of)
    for entry in fields(of):
        yield prefix + entry.name
        if is_dataclass(hints[entry.name]):
            yield from all_keys(hints[entry.name], f"{prefix}{entry.name}.")


def groups() -> list[str]:
    """Names of the config groups that every run has one option of."""
    hints = get_type_hints(RootCfg)
    return [entry.name for entry in fields(RootCfg) if is_dataclass(hints[entry.name])]


def _check_key(override: Override, word: str) -> None:
    key = str(override.key_or_group)
    root = key.replace("/", ".").partition(".")[0]
    if root == "hydra":
        return
    bare = word.lstrip("+~")
    if key in _LAYERS:
        if key == "exp" and override.is_sweep_override():
            hint = "Each has its own sweep, and these would be lost: one command for each."
            raise UsageError(f"{word!r} would sweep over experiments", hint=hint)
        if override.type == OverrideType.CHANGE:
            raise UsageError(
                f"{word!r} needs a plus: +{bare}", hint=f"{key} is laid over the defaults, not one of them."
            )
        return
    if key not in set(all_keys()):
        raise UnknownNameError(f"unknown {'key' if '.' in key else 'group or key'} {key!r}", hint=_nearest(key))
    if override.type == OverrideType.ADD:
        raise UsageError(f"{word!r} has a plus too many: {bare}", hint="The plus is for +exp=... and +debug=... only.")
    if override.type == OverrideType.DEL:
        raise UsageError(f"{word!r}: a key cannot be removed", hint="Give it another value: key=value or key=null.")
    if key in groups() and not override.is_sweep_override() and not isinstance(override.value(), str | dict):
        raise UsageError(f"{word!r}: {key} takes the name of one option", hint=f"For example {key}={_example(key)}.")


def _example(group: str) -> str:
    default: Any = RootCfg()
    part = getattr(default, group)
    return str(getattr(part, "name", "") or getattr(part, "variant", "") or getattr(part, "backend", "") or "local")


def _nearest(key: str) -> str:
    keys = list(all_keys())
    scope, _, leaf = key.rpartition(".")
    if scope in keys:
        siblings = {name.rpartition(".")[2]: name for name in keys if name.rpartition(".")[0] == scope}
        near = difflib.get_close_matches(leaf, siblings, n=3, cutoff=0.6)
        return f"Did you mean {' or '.join(siblings[name] for name in near)}?" if near else did_you_mean(leaf, siblings)
    same_leaf = [name for name in keys if name.rpartition(".")[2] == leaf]
    if same_leaf:
        return f"Did you mean {' or '.join(same_leaf[:3])}?"
    tops: Collection[str] = [name for name in keys if "." not in name]
    return did_you_mean(key, [*tops, *(f"+{layer}" for layer in _LAYERS)])


def _keys_of(content: Any, prefix: str = "") -> Iterator[str]:  # noqa: ANN401 - nested YAML values
    if isinstance(content, dict):
        for name, value in content.items():
            yield f"{prefix}{name}"
            yield from _keys_of(value, f"{prefix}{name}.")
