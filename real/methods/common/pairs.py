"""Pairs of an insecure function and its fix: SVEN's and SafeCoder's files, or the twins of training tasks."""

from __future__ import annotations

import difflib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from real.datasets.sources import ENVIRONMENT, local_folders
from real.errors import DataError
from real.io.disk import read_lines
from real.types import Message, Task

TASKS = "tasks"  # the value of ``pairs`` that means the training tasks' own twins
Span = tuple[int, int]  # characters [start, end)


@dataclass(frozen=True, slots=True)
class Pair:
    """``before`` is insecure, ``after`` its fix.

    ``deleted`` are the lines of ``before`` that the fix changes, ``added`` the characters of ``after`` that it brings
    (SVEN, section 4.2: the mask "mix").
    """

    prompt: tuple[Message, ...]
    before: str
    after: str
    deleted: tuple[Span, ...]
    added: tuple[Span, ...]
    cwe: str
    language: str  # the suffix of the file, without its dot


def missing_pairs(given: str | None, name: str, key: str) -> list[str]:
    """One phrase where there are no pairs; ``name`` is the folder below ``REAL_DATA`` where none is given."""
    if given == TASKS or _folder(given, name) is not None:
        return []
    place = given or f"{name} below the folder that {ENVIRONMENT} names"
    return [f"the pairs of secure and insecure code in {place} (a folder with train/*.jsonl; {key}=FOLDER or tasks)"]


def load_pairs(given: str | None, name: str, split: str, tasks: Sequence[Task], *, most: int, seed: int) -> list[Pair]:
    """The Python pairs of a split, shuffled by ``seed``; at most ``most`` of them (0: all).

    Raises ``DataError`` where there is none, or a line is damaged.
    """
    if given == TASKS:
        every_tenth = slice(0, None, 10)  # of the twins are held out as ``val``
        pairs = twins(tasks)
        held_out = pairs[every_tenth]
        del pairs[every_tenth]
        pairs = held_out if split == "val" else pairs
    else:
        folder = _folder(given, name)
        files = sorted((folder / split).glob("*.jsonl")) if folder else []
        pairs = [_pair(line, f"{file}, line {number}") for file in files for number, line in _numbered(file)]
    pairs = [pair for pair in pairs if pair.language == "py"]
    if not pairs:
        raise DataError(f"there is no {split} pair of Python functions for {name}")
    random.Random(seed).shuffle(pairs)
    return pairs[:most] if most else pairs


def twins(tasks: Sequence[Task]) -> list[Pair]:
    """The insecure and the secure solution of each task that has both."""
    found = []
    for task in tasks:
        if task.unsafe is not None and task.reference is not None:
            changes = changed_lines(task.unsafe, task.reference), changed_characters(task.unsafe, task.reference)
            found.append(Pair(task.prompt, task.unsafe, task.reference, *changes, task.cwe or "", "py"))
    return found


def changed_lines(before: str, after: str) -> tuple[Span, ...]:
    """The lines of ``before`` that ``after`` has not, as spans of characters."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple((starts[i], starts[j]) for tag, i, j, _, _ in codes if tag in ("replace", "delete"))


def changed_characters(before: str, after: str) -> tuple[Span, ...]:
    """The characters of ``after`` that ``before`` has not."""
    codes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple((i, j) for tag, _, _, i, j in codes if tag in ("replace", "insert"))


def _folder(given: str | None, name: str) -> Path | None:
    folders = [Path(given)] if given is not None else list(local_folders(name))
    return next((folder for folder in folders if any((folder / "train").glob("*.jsonl"))), None)


def _numbered(file: Path) -> list[tuple[int, Mapping[str, object]]]:
    return list(enumerate(read_lines(file), 1))


def _pair(line: Mapping[str, object], where: str) -> Pair:
    try:
        before, after = str(line["func_src_before"]), str(line["func_src_after"])
        name, language = str(line["func_name"]), str(line["file_name"]).rpartition(".")[2]
        wanted = str(line.get("description") or f"Write the Python function `{name}`.")
        deleted = _spans(line, "line_changes", "deleted") or changed_lines(before, after)
        added = _spans(line, "char_changes", "added") or changed_characters(before, after)
        return Pair((Message("user", wanted),), before, after, deleted, added, str(line["vul_type"]), language)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{where} is no pair in SVEN's format: {error!r}") from error


def _spans(line: Mapping[str, object], group: str, kind: str) -> tuple[Span, ...]:
    changes = line.get(group)
    if not isinstance(changes, Mapping):
        return ()
    return tuple((int(change["char_start"]), int(change["char_end"])) for change in changes[kind])
