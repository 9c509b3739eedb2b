"""Expand the paths of a command line to the Python files to scan."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

STDIN_ARGUMENT = "-"
_NEVER = {"__pycache__", "node_modules", "site-packages"}


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read (``-``: standard input), or a folder that could not be listed, with the reason."""

    path: str
    problem: str = ""


def is_folder(path: str) -> bool:
    """Whether there is a folder at a path; unlike ``Path.is_dir``, also says no where nobody may look."""
    try:
        return bool(path) and stat.S_ISDIR(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


def find(paths: Sequence[str], exclude: Sequence[str] = (), root: str = "") -> Iterator[Source]:
    """The files meant, each once; folders stand for the ``*.py`` files below them, in the order of their names.

    Below a folder that was named, others are left out if their name starts with a dot, if they are virtual
    environments (they hold ``pyvenv.cfg``), ``site-packages``, ``node_modules`` or ``__pycache__``, or links (so that
    no loop of links is walked). ``exclude`` are globs for files and folders, also for named ones: one without a slash
    is held against every part of the path, one with a slash against every stretch of parts, both also of the path
    below ``root``.
    """
    seen: set[str] = set()
    for name in paths:
        for source in _below(name, exclude, root) if is_folder(name) else [Source(name)]:
            key = source.path if source.path == STDIN_ARGUMENT else os.path.normpath(Path(source.path).absolute())
            if key not in seen and not is_excluded(source.path, exclude, root):
                seen.add(key)
                yield source


def is_excluded(path: str, patterns: Sequence[str], root: str = "") -> bool:
    """Whether a glob of ``patterns`` names the path or a folder above it, as it is given or as it lies below ``root``.

    The path below ``root`` is the same wherever the command runs, which matters for globs in a project's file.
    """
    if not patterns:
        return False
    if root and is_excluded(os.path.relpath(Path(path).absolute(), root), patterns):
        return True
    whole = os.path.normpath(path).replace(os.sep, "/")
    parts = [part for part in whole.split("/") if part]
    for pattern in patterns:
        wanted = pattern.removeprefix("./").rstrip("/")
        if "/" not in wanted:
            found = any(fnmatchcase(part, wanted) for part in parts)
        else:
            tails = [whole, *("/".join(parts[start:]) for start in range(len(parts)))]
            found = any(fnmatchcase(tail, wanted) or fnmatchcase(tail, wanted + "/*") for tail in tails)
        if found:
            return True
    return False


def _below(folder: str, exclude: Sequence[str], root: str) -> Iterator[Source]:
    waiting = [folder]  # a stack, because folders can be nested more deeply than functions
    while waiting:
        path = waiting.pop()
        if path.endswith(".py") and not is_folder(path):
            yield Source(path)
            continue
        try:
            with os.scandir(path) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Source(path, f"cannot be listed: {error.strerror}")
            continue
        if path != folder and any(entry.name == "pyvenv.cfg" for entry in found):
            continue
        waiting += [entry.path for entry in reversed(found) if _is_wanted(entry, exclude, root)]


def _is_wanted(entry: os.DirEntry[str], exclude: Sequence[str], root: str) -> bool:
    try:
        if entry.is_dir(follow_symlinks=False):
            return not (entry.name.startswith(".") or entry.name in _NEVER or is_excluded(entry.path, exclude, root))
        return entry.name.endswith(".py") and entry.is_file()
    except OSError:  # a link to itself, or its target vanished or may not be seen
        return False
