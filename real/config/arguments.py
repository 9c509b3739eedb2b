"""The command line: what is a setting, what is a flag, in whatever order they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from real.errors import UsageError
from real.registry import did_you_mean

_VALUED = {"--cfg": "-c", "--package": "-p", "--config-name": "-cn", "--config-dir": "-cd", "--info": "-i"}
_PLAIN = {
    "--help": "-h",
    "--multirun": "-m",
    "--run": "-r",
    "--resolve": "",
    "--hydra-help": "",
    "--version": "",
    "--shell-completion": "-sc",
}
# These replace what the run id and the checks rest on.
_REFUSED = ("--config-path", "-cp", "--experimental-rerun")


@dataclass(frozen=True)
class Arguments:
    """Settings (``key=value``) in their order, and flags under their long names with their values."""

    settings: tuple[str, ...]
    flags: dict[str, str | None]

    def for_hydra(self) -> list[str]:
        """Settings first: Hydra's own parser loses those that follow a flag."""
        flags = [part for name, value in self.flags.items() for part in ([name] if value is None else [name, value])]
        return [*self.settings, *flags]


def parse(argv: Sequence[str]) -> Arguments:
    """Split a command line; raises ``UsageError`` for a flag that is not known or lacks its value."""
    longs = {short: name for name, short in {**_VALUED, **_PLAIN}.items() if short}
    settings: list[str] = []
    flags: dict[str, str | None] = {}
    waiting = list(argv)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("-") or word == "-":
            settings.append(word)
            continue
        name, equals, value = word.partition("=")
        name = longs.get(name, name)
        if name in _VALUED:
            if not equals and not waiting:
                raise UsageError(f"{name} needs a value", hint="For example --cfg job prints the composed config.")
            flags[name] = value if equals else waiting.pop(0)
        elif name in _PLAIN and not equals:
            flags[name] = None
        else:
            raise UsageError(f"unknown option {word!r}", hint=_advice(name, value if equals else None))
    return Arguments(tuple(settings), flags)


def _advice(name: str, value: str | None) -> str:
    if name in _REFUSED:
        return "It would bypass the run id; --config-dir FOLDER adds your own YAML files to those of conf/."
    bare = name.lstrip("-")
    if value is not None:
        return f"Settings have no dashes: {bare}={value}."
    return did_you_mean(name, [*_VALUED, *_PLAIN])
