"""Hydra's and OmegaConf's errors, said for people: which setting, what is wrong, what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from hydra.errors import HydraException, MissingConfigException
from omegaconf.errors import OmegaConfBaseException, ValidationError

from real.errors import UnknownNameError, UsageError
from real.registry import did_you_mean

_KINDS = {"Float": "a number", "Integer": "a whole number", "Boolean": "true or false", "String": "text"}


@contextmanager
def composing(conf: Path | None = None) -> Iterator[None]:
    """Composition in the body raises ``UsageError`` only; ``conf`` is the folder whose options are offered."""
    try:
        yield
    except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
        raise translate(error, conf) from error


def translate(error: Exception, conf: Path | None = None) -> UsageError:
    """The same error in one or two lines."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        group, slash, name = error.missing_cfg_file.partition("//")  # a path given for a name: dataset=/some/where
        if slash:
            name = f"/{name}"
        else:
            group, _, name = group.rpartition("/")
        files = (conf / group).glob("*.yaml") if conf else ()
        hint = did_you_mean(name, error.options or [path.stem for path in files])
        return UnknownNameError(f"unknown {group or 'config'} {name!r}", hint=hint)
    if ambiguous := re.match("Ambiguous value for argument '(.*)'", str(error)):
        advice = "Add -m to run one job for each, or brackets for a list: key=[a,b]."
        return UsageError(f"{ambiguous[1]!r} names several values", hint=advice)
    if isinstance(error, yaml.YAMLError):
        return UsageError(f"a YAML file cannot be read: {' '.join(str(error).split())}")
    inner = _innermost(error)
    if isinstance(inner, OmegaConfBaseException):
        key = getattr(inner, "full_key", None) or "the configuration"
        first = str(inner).splitlines()[0]
        return _wrong_value(key, first) if isinstance(inner, ValidationError) else UsageError(f"{key}: {first}")
    return UsageError(" ".join(line.strip() for line in str(error).splitlines() if line.strip()))


def _wrong_value(key: str, message: str) -> UsageError:
    if choice := re.match(r"Invalid value '(.*)', expected one of \[(.*)\]", message):
        return UnknownNameError(f"unknown {key} {choice[1]!r}", hint=did_you_mean(choice[1], choice[2].split(", ")))
    return UsageError(f"{key} has a value of the wrong kind: {_reworded(message)}")


def _innermost(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _reworded(message: str) -> str:
    found = re.match(r"Value '(.*)' of type '\w+' could not be converted to (\w+)", message)
    if found and found[2] in _KINDS:
        return f"{found[1]!r} is not {_KINDS[found[2]]}"
    if "is not Optional" in message:
        return "null is not allowed here"
    if "is not a ListConfig" in message:
        return "it must be a list, as in key=[a,b]"
    return message
