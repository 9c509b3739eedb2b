"""Check the settings of a command line against the keys of the schema, and quote values as Hydra's grammar needs it."""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType, Quote, QuotedString
from hydra.errors import HydraException

from real.errors import UnknownNameError, UsageError
from real.registry import did_you_mean
from real.settings import RootCfg

_LAYERS = ("exp", "debug")  # groups of conf/ that are laid over the defaults, hence with a plus
_SYNTAX = "\\,[]{}()$"  # a value with one of these is no plain text to Hydra


def read_settings(settings: Sequence[str]) -> list[str]:
    """``key=value`` words as Hydra can read them: checked keys, ``~/`` expanded, text that needs quotes quoted.

    Raises ``UsageError`` with the nearest valid names.
    """
    words = []
    for word in settings:
        if "=" not in word and not word.startswith("~"):
            hint = "Settings look like key=value, experiments like +exp=quickstart; python run.py --help lists them."
            raise UsageError(f"{word!r} is no setting", hint=hint)
        override = _parse(word)
        _check_key(override, word)
        words.append(_expand_home(override))
    return words


def check_home(content: Any, key: str = "") -> None:  # noqa: ANN401 - nested YAML values
    """Raise ``UsageError`` where a YAML file has a ``~/`` that nobody expands."""
    if isinstance(content, dict):
        for name, value in content.items():
            check_home(value, f"{key}.{name}" if key else str(name))
    elif isinstance(content, str) and content.startswith("~/"):
        raise UsageError(f"{key} is {content!r}, but YAML knows no ~", hint="Write ${oc.env:HOME} instead of it.")


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


def _parse(word: str) -> Override:
    parser = OverridesParser.create()
    try:
        return parser.parse_override(word)
    except HydraException as error:
        key, _, value = word.partition("=")
        if value and value[0] not in "'\"" and not set(value) & set(_SYNTAX):
            with contextlib.suppress(HydraException):
                return parser.parse_override(f"{key}={_quoted(value)}")
        # The message of Hydra's parser lists the tokens of its grammar and helps nobody.
        hint = "Values with spaces, commas, quotes or brackets need quotes: 'key=\"a, b\"'."
        if re.search(r"^\s*,|,\s*(,|$)", value):
            hint = f"A comma has nothing beside it: {key}=a for one value, {key}=a,b with -m for several."
        raise UsageError(f"cannot read {word!r}", hint=hint) from error


def _quoted(text: str) -> str:
    return QuotedString(text=text, quote=Quote.single).with_quotes()


def _expand_home(override: Override) -> str:
    """Some shells leave the ``~`` of ``key=~/x`` as it is, all of them that of ``'key=~/x'``."""
    value = None if override.is_sweep_override() else override.value()
    text = value.text if isinstance(value, QuotedString) else value
    if isinstance(text, str) and (text == "~" or text.startswith("~/")):
        return f"{override.get_key_element()}={_quoted(str(Path(text).expanduser()))}"
    return str(override.input_line)


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
    if override.is_sweep_override() and not override.is_discrete_sweep():
        raise UsageError(f"{word!r}: a sweep needs single values", hint="For example seed=0,1,2 or range(3).")
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
    same_leaf = sorted((name for name in keys if name.rpartition(".")[2] == leaf), key=lambda name: name.count("."))
    if same_leaf:
        return f"Did you mean {' or '.join(same_leaf[:3])}?"
    tops: Collection[str] = [name for name in keys if "." not in name]
    return did_you_mean(key, [*tops, *(f"+{layer}" for layer in _LAYERS)])
