"""The modules of the project that is scanned: by path, and by what an import in one of its files calls them.

Only files that are scanned are found. A relative import is a matter of folders. An absolute one begins at a root: a
folder above the importing file (as for a script, or where Python runs at the top of a project), or the folder in which
a package of the project lies (``src``). What the standard library or a model knows under that name is not looked for,
but what a library of which there is a model has for itself.
Syntax trees are kept in memory within limits, for each process; nothing is written to disk, since to read and parse a
file takes a small part of what its analysis does.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from real import source_text
from real.detector.frontend.linking.modules import Module
from real.detector.limits import OF_FILE
from real.detector.models.catalogue import described_modules, known_modules
from real.source_text import SourceTextError

_MAX_KEPT = 2_000_000  # bytes of source whose trees are kept: thirty times as much memory (977,541: 31 MB)


class Project:
    """The files of one scan as modules.

    Where it ``is_library``, what callers pass counts as data from outside: files are followed in which no other enter.
    """

    def __init__(self, paths: Iterable[str], *, is_library: bool = False) -> None:
        self._is_library = is_library
        self._paths = {os.path.normpath(Path(path).absolute()): path for path in paths}
        self._modules: dict[str, Module | None] = {}
        self._found: dict[tuple[str, int, str], Module | None] = {}
        self._read: OrderedDict[str, int] = OrderedDict()  # file -> its size, the last one read at the end

    def module(self, path: str) -> Module | None:
        """The module that a file is; ``None`` for one that is not scanned."""
        return self._at(os.path.normpath(Path(path).absolute()))

    def _at(self, file: str) -> Module | None:
        if file not in self._modules:
            self._modules[file] = self._made(file) if file in self._paths else None
        return self._modules[file]

    def _made(self, file: str) -> Module:
        folder, base = _split(file)
        is_package = base == "__init__.py"
        parts = [] if is_package else [base.removesuffix(".py")]
        while self._is_package(folder):
            folder, name = _split(folder)
            parts.insert(0, name)
        return Module(
            self._paths[file],
            ".".join(parts),
            is_package,
            lambda: self._text(file),
            lambda level, dotted: self._find(file, level, dotted),
            self._is_library,
        )

    def _text(self, file: str) -> str | None:
        """The source of a file; makes room where too much is kept."""
        try:
            if not Path(file).is_file():
                return None  # a pipe can be read only once
            raw = Path(file).read_bytes()
            text = source_text.decode(raw)
        except (OSError, SourceTextError):
            return None
        self._read[file] = len(raw)
        while sum(self._read.values()) > _MAX_KEPT and len(self._read) > 1:
            oldest, _ = self._read.popitem(last=False)
            module = self._modules.get(oldest)
            if module is not None:
                module.forget()
        return text if len(text) <= OF_FILE.characters else None

    # --- imports -----------------------------------------------------------------------------------------------------

    def _find(self, file: str, level: int, dotted: str) -> Module | None:
        key = (_split(file)[0], level, dotted)
        if key not in self._found:
            self._found[key] = self._relative(*key) if level else self._absolute(key[0], dotted)
        return self._found[key]

    def _relative(self, folder: str, level: int, dotted: str) -> Module | None:
        for _ in range(level - 1):
            folder = _split(folder)[0]
        return self._below(folder, dotted)

    def _absolute(self, folder: str, dotted: str) -> Module | None:
        first = dotted.partition(".")[0]
        if first in known_modules() and (dotted in described_modules() or self._top(folder) != first):
            return None
        while folder:
            if not self._is_package(folder):  # whose own folder is no root
                found = self._below(folder, dotted)
                if found is not None:
                    return found
            folder = _split(folder)[0]
        others = {module.path: module for root in self._roots.get(first, ()) if (module := self._below(root, dotted))}
        return next(iter(others.values())) if len(others) == 1 else None

    def _top(self, folder: str) -> str:
        """The package in which a folder lies, with all that are around it."""
        name = ""
        while self._is_package(folder):
            folder, name = _split(folder)
        return name

    @cached_property
    def _roots(self) -> dict[str, list[str]]:
        """By the name of each package the folders that it lies in."""
        found: dict[str, list[str]] = {}
        for file in self._paths:
            folder, base = _split(file)
            root, name = _split(folder)
            if base == "__init__.py" and not self._is_package(root):
                found.setdefault(name, []).append(root)
        return found

    def _below(self, folder: str, dotted: str) -> Module | None:
        base = f"{folder}{os.sep}{dotted.replace('.', os.sep)}" if dotted else folder
        return self._at(f"{base}{os.sep}__init__.py") or (self._at(f"{base}.py") if dotted else None)

    def _is_package(self, folder: str) -> bool:
        return f"{folder}{os.sep}__init__.py" in self._paths


def _split(path: str) -> tuple[str, str]:
    """The folder of a whole path, and the name in it."""
    folder, _, name = path.rpartition(os.sep)
    return folder, name
