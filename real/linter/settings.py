"""``[tool.real-detect]`` in ``pyproject.toml``: what a project settles once, and what the command line changes of it.

The nearest ``pyproject.toml`` with that table counts, from the folder upwards that holds everything that is scanned.
Paths in it are relative to its own folder. An option of the command line replaces the value of the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

from real.errors import UsageError
from real.formats.files import STDIN_ARGUMENT, is_excluded, is_folder
from real.linter.profiles import Profile, least_confidence
from real.registry import chosen, did_you_mean
from real.types import Confidence

FILE, TABLE = "pyproject.toml", "tool.real-detect"
_MARK = b"real-detect"  # a file without it has no such table, and is not even parsed
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked of a scan; a field is the key of the table with hyphens for underscores, ``root`` is no key.

    ``select``, ``ignore``: rules. ``per_path_ignores``: rules to leave out where a glob matches. ``exclude``: globs of
    what is not scanned. ``baseline``: a file of accepted findings. ``strict``: what cannot be analysed fails the run.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_path_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    profile: Profile = Profile.APP
    min_confidence: Confidence | None = None  # the profile's, if there is none
    exclude: tuple[str, ...] = ()
    baseline: str | None = None
    strict: bool = False
    root: str = ""  # the folder of the file; empty without one

    @property
    def least(self) -> Confidence:
        """How sure a finding has to be to be shown."""
        return self.min_confidence or least_confidence(self.profile)

    @property
    def is_library(self) -> bool:
        """Whether what a caller passes is shown as data from outside."""
        return self.least is Confidence.LOW

    def ignored_in(self, path: str) -> tuple[str, ...]:
        """The rules that ``per_path_ignores`` leaves out for a file."""
        found = [rules for glob, rules in self.per_path_ignores if is_excluded(path, (glob,), self.root)]
        return tuple(rule for rules in found for rule in rules)


def find(paths: Sequence[str]) -> Path | None:
    """The file that counts for what is scanned, or none."""
    folders = [_folder(path) for path in paths]
    shared = Path(os.path.commonpath(folders)) if folders else Path.cwd()
    return next((file for folder in (shared, *shared.parents) if _has_table(file := folder / FILE)), None)


def _folder(path: str) -> str:
    place = Path.cwd() if path == STDIN_ARGUMENT else Path(os.path.normpath(Path(path).absolute()))
    return str(place if path == STDIN_ARGUMENT or is_folder(path) else place.parent)


def _has_table(file: Path) -> bool:
    try:
        raw = file.read_bytes()
    except (OSError, ValueError):
        return False
    if _MARK not in raw:
        return False
    tool = _parsed(file, raw).get("tool")
    return isinstance(tool, dict) and "real-detect" in tool


def load(file: Path) -> Settings:
    """The table of a file; raises ``UsageError`` that names the file and the key, and the key that was meant."""
    try:
        tool = _parsed(file, file.read_bytes()).get("tool")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    table = tool.get("real-detect") if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        raise UsageError(f"{file} has no table [{TABLE}]")
    known = [field.name.replace("_", "-") for field in fields(Settings) if field.name != "root"]
    for key in table:
        if key not in known:
            raise UsageError(f"{file}: unknown key {key!r} in [{TABLE}]", hint=did_you_mean(key, known))
    folder = file.absolute().parent
    read = _Table(file, table)
    baseline = read.value("baseline", None, _text)
    return Settings(
        select=read.value("select", (), _rules),
        ignore=read.value("ignore", (), _rules),
        per_path_ignores=read.value("per-path-ignores", (), _lists),
        profile=read.value("profile", Profile.APP, _profile),
        min_confidence=read.value("min-confidence", None, _confidence),
        exclude=read.value("exclude", (), _texts),
        baseline=str(folder / baseline) if baseline else None,
        strict=read.value("strict", False, _boolean),
        root=str(folder),
    )


def _parsed(file: Path, raw: bytes) -> Mapping[str, object]:
    import tomllib

    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # also of text that is no UTF-8
        raise UsageError(f"{file} is not TOML: {error}", hint="--isolated leaves it aside.") from None


@dataclass(frozen=True, slots=True)
class _Table:
    file: Path
    table: Mapping[str, object]

    def value(self, key: str, default: T, read: Callable[[object], T | None]) -> T:
        """The value of a key as ``read`` understands it, which is nothing where it is of another type."""
        if key not in self.table:
            return default
        place = f"{self.file}: {key} in [{TABLE}]"
        try:
            found = read(self.table[key])
        except UsageError as error:
            raise UsageError(f"{place}: {error.args[0]}", hint=error.hint) from None
        if found is None:
            raise UsageError(f"{place} must be {_WANTED[read]}, not {self.table[key]!r:.60}")
        return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value and "\0" not in value else None


def _texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    found = tuple(text for one in value if (text := _text(one)) is not None)
    return found if len(found) == len(value) else None


def _rules(value: object) -> tuple[str, ...] | None:
    """The rules that are meant; raises ``UnknownNameError``."""
    texts = _texts(value)
    if texts is None:
        return None
    from real.linter.selection import names

    return tuple(sorted(names(texts)))


def _lists(value: object) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    if not isinstance(value, dict):
        return None
    found = tuple((glob, rules) for glob, one in value.items() if glob and (rules := _rules(one)) is not None)
    return found if len(found) == len(value) else None


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _profile(value: object) -> Profile | None:
    return chosen(Profile, value, "profile") if isinstance(value, str) else None


def _confidence(value: object) -> Confidence | None:
    return chosen(Confidence, value, "confidence") if isinstance(value, str) else None


_WANTED: Mapping[Callable[..., object], str] = {
    _text: "a text",
    _texts: "a list of texts",
    _rules: 'a list of rules (["CWE-89", "601"])',
    _lists: 'a table of globs and lists of rules ("tests/*" = ["CWE-89"])',
    _boolean: "true or false",
    _profile: "one of " + ", ".join(Profile),
    _confidence: "one of " + ", ".join(Confidence),
}
