"""Split a command line into settings (``key=value``) and flags (``--cfg job``), whatever their order.

Kept beside Hydra's own parser, which loses settings after a flag and answers a mistake with a page of usage.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from real.config.keys import all_keys
from real.errors import UsageError
from real.registry import did_you_mean
from real.settings import RootCfg

# These replace what the run id and the checks rest on.
_REFUSED = ("--config-path", "-cp", "--experimental-rerun")


@dataclass(frozen=True)
class Arguments:
    """Settings (``key=value``) in their order, and flags under their long names with their values."""

    settings: tuple[str, ...]
    flags: dict[str, str | bool]

    def for_hydra(self) -> list[str]:
        """Settings first, then flags."""
        return [*self.settings, *(name if value is True else f"{name}={value}" for name, value in self.flags.items())]


def parse(argv: Sequence[str]) -> Arguments:
    """Split a command line; raises ``UsageError`` for a flag that is unknown, lacks its value or excludes another."""
    parser = _Parser(prog="run.py", add_help=False, allow_abbrev=False)
    parser.add_argument("settings", nargs="*")
    for short, name in (("-p", "--package"), ("-cn", "--config-name"), ("-cd", "--config-dir")):
        parser.add_argument(short, name)
    for names in (("-h", "--help"), ("--hydra-help",), ("--version",), ("--resolve",)):
        parser.add_argument(*names, action="store_true")
    one = parser.add_mutually_exclusive_group()
    one.add_argument("-c", "--cfg", choices=("job", "hydra", "all"))
    one.add_argument("-i", "--info", nargs="?", const="all")
    for short, name in (("-m", "--multirun"), ("-r", "--run"), ("-sc", "--shell-completion")):
        one.add_argument(short, name, action="store_true")
    found, unknown = parser.parse_known_intermixed_args(argv)
    if unknown:
        options = [name for action in parser._actions for name in action.option_strings]
        raise UsageError(f"unknown option {unknown[0]!r}", hint=_advice(unknown[0], options))
    values = vars(found)
    settings = tuple(values.pop("settings"))
    flags = {f"--{name.replace('_', '-')}": value for name, value in values.items() if value not in (None, False)}
    if "--resolve" in flags and "--cfg" not in flags:
        raise UsageError("--resolve belongs to --cfg", hint="python run.py --cfg job --resolve prints every value.")
    return Arguments(settings, flags)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        message = re.sub(r"argument (?:-\w+/)?(--[\w-]+):", r"\1", message).replace(
            "expected one argument", "needs a value"
        )
        raise UsageError(message, hint="For example --cfg job prints the composed config; --help lists the flags.")


def _advice(option: str, options: Sequence[str]) -> str:
    name, equals, value = option.partition("=")
    if name in _REFUSED:
        return "It would bypass the run id; --config-dir FOLDER adds your own YAML files to those of conf/."
    key = name.lstrip("-").replace("-", "_")
    if equals or key in set(all_keys()):
        switch = getattr(RootCfg(), key, None) is False
        return f"Settings have no dashes: {key}={value or ('true' if switch else 'VALUE')}."
    return did_you_mean(name, options)
