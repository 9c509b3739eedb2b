"""Files that a person names in a setting: read as a whole before anything starts, and refused in words."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

from real.errors import DataError, RealError


def problems(*checks: Callable[[], object]) -> list[str]:
    """What each of ``checks`` raises as a ``RealError``, one phrase each, for ``Method.missing``."""
    said = []
    for check in checks:
        try:
            check()
        except RealError as error:
            said.append(f"{error.args[0]}. {error.hint}".rstrip(" ."))
    return said


def user_text(path: Path, setting: str, fields: Sequence[str] = ()) -> str:
    """The text of ``path``, which ``setting`` names, without blanks around it.

    Raises ``DataError`` where it cannot be read, is no UTF-8, is empty, or lacks one of ``fields`` in braces.
    """
    named = f"{setting}={path}"
    expected = "It must be a text file in UTF-8" + "".join(f", with the field {{{field}}}" for field in fields)
    try:
        text = path.read_bytes().decode("utf-8").strip()
    except OSError as error:
        raise DataError(f"the file {named} cannot be read: {error.strerror}", hint=f"{expected}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"the file {named} is no text in UTF-8 (byte {error.start})", hint=f"{expected}.") from error
    if not text:
        raise DataError(f"the file {named} is empty", hint=f"{expected}.")
    for field in fields:
        if f"{{{field}}}" not in text:
            raise DataError(f"the file {named} has no field {{{field}}}", hint=f"{expected}.")
    return text


def user_toml(path: Path, setting: str) -> dict[str, object]:
    """The table in a TOML file; raises ``DataError`` as ``user_text`` does, and where it is no TOML."""
    try:
        return tomllib.loads(user_text(path, setting))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"the file {setting}={path} is no TOML: {error}", hint="See the README in lexicon/.") from error
