"""Pairs of an insecure function and its fix: SVEN's and SafeCoder's files, or the twins of training tasks."""

from __future__ import annotations

import difflib
import functools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from real.datasets.sources import ENVIRONMENT, local_folders
from real.errors import DataError
from real.io.disk import read_lines
from real.methods.common.tasks_at_hand import tasks_at_hand
from real.methods.common.user_files import problems
from real.settings import RootCfg
from real.types import Check, Message, Task

TASKS = "tasks"  # the value of ``pairs`` that means the training tasks' own twins
_FEWEST_TWINS = 2  # one to learn from and one that is held out
_STRINGS = ("func_src_before", "func_src_after", "func_name", "file_name", "vul_type")
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


def missing_pairs(root: RootCfg, given: str | None, name: str, key: str) -> list[str]:
    """One phrase a split without pairs, or with a damaged one; ``name`` is the folder below ``REAL_DATA``.

    Twins of tasks that only the hub has are left to ``load_pairs``.
    """
    if given == TASKS:
        tasks = tasks_at_hand(root, "train")
        if tasks is None or sum(_is_twin(task) for task in tasks) >= _FEWEST_TWINS:
            return []
        return [f"training tasks with an insecure and a secure solution, which {key}=tasks learns from"]
    if _folder(given, name) is not None:
        return problems(*(partial(load_pairs, given, name, split, (), most=0, seed=0) for split in ("train", "val")))
    place = given or f"{name} below the folder that {ENVIRONMENT} names"
    return [f"the pairs of secure and insecure code in {place} (a folder with train/*.jsonl; {key}=FOLDER or tasks)"]


def count_pairs(root: RootCfg, given: str | None, name: str, most: int) -> int | None:
    """How many training pairs there are, before anything starts; ``None`` where they are not at hand."""
    tasks = tasks_at_hand(root, "train") if given == TASKS else ()
    try:
        return None if tasks is None else len(load_pairs(given, name, "train", tasks, most=most, seed=0))
    except DataError:
        return None


def load_pairs(given: str | None, name: str, split: str, tasks: Sequence[Task], *, most: int, seed: int) -> list[Pair]:
    """The Python pairs of a split, shuffled by ``seed``; at most ``most`` of them (0: all).

    Raises ``DataError`` where there is none, or a line is damaged.
    """
    place = "the training tasks"
    if given == TASKS:
        every_tenth = slice(0, None, 10)  # of the twins are held out as ``val``
        pairs = twins(tasks)
        held_out = pairs[every_tenth]
        del pairs[every_tenth]
        pairs = held_out if split == "val" else pairs
    else:
        folder = _folder(given, name)
        place = f"{folder or name}/{split}/*.jsonl"
        files = sorted((folder / split).glob("*.jsonl")) if folder else []
        pairs = list(_python_pairs(tuple((file, file.stat().st_mtime_ns) for file in files)))
    if not pairs:
        raise DataError(f"{name} has no {split} pair of Python functions: there is none in {place}")
    random.Random(seed).shuffle(pairs)
    return pairs[:most] if most else pairs


def twins(tasks: Sequence[Task]) -> list[Pair]:
    """The insecure and the secure solution of each task that has both."""
    found = []
    for task in tasks:
        if _is_twin(task):
            assert task.unsafe is not None
            assert task.reference is not None
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


def _is_twin(task: Task) -> bool:
    """Whether a task has both solutions, and what is wrong with the first is its security, not its types."""
    return task.unsafe is not None and task.reference is not None and Check.SECURITY in task.checks


def _folder(given: str | None, name: str) -> Path | None:
    folders = [Path(given)] if given is not None else list(local_folders(name))
    return next((folder for folder in folders if any((folder / "train").glob("*.jsonl"))), None)


@functools.lru_cache(maxsize=8)
def _python_pairs(files: tuple[tuple[Path, int], ...]) -> tuple[Pair, ...]:
    """The pairs of files as they were written at a time, read once for all jobs of a sweep.

    Those of other languages are not looked at: a diff of their texts takes seconds.
    """
    return tuple(
        _pair(line, f"{file}, line {number}")
        for file, _ in files
        for number, line in enumerate(read_lines(file), 1)
        if _language(line) == "py"
    )


def _language(line: Mapping[str, object]) -> str:
    """The suffix of the file's name; ``py`` where there is no name, which ``_pair`` then says."""
    name = line.get("file_name")
    return name.rpartition(".")[2] if isinstance(name, str) else "py"


def _pair(line: Mapping[str, object], where: str) -> Pair:
    try:
        before, after, name, _, cwe = (_string(line, key) for key in _STRINGS)
        wanted = str(line.get("description") or f"Write the Python function `{name}`.")
        deleted = _spans(line, "line_changes", "deleted", before) or changed_lines(before, after)
        added = _spans(line, "char_changes", "added", after) or changed_characters(before, after)
        return Pair((Message("user", wanted),), before, after, deleted, added, cwe, _language(line))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{where} is no pair in SVEN's format: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return f"it has no field {error}" if isinstance(error, KeyError) else str(error)


def _string(line: Mapping[str, object], key: str) -> str:
    value = line[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is {value!r}, but it must be a text")
    return value


def _spans(line: Mapping[str, object], group: str, kind: str, text: str) -> tuple[Span, ...]:
    """The spans of a kind of change, each within ``text``; raises ``ValueError`` or ``TypeError`` for another one."""
    changes = line.get(group)
    if changes is None:
        return ()
    if not isinstance(changes, Mapping) or not isinstance(changes[kind], list):
        raise TypeError(f"{group}.{kind} is no list of changes")
    found = []
    for number, change in enumerate(changes[kind]):
        where = f"{group}.{kind}[{number}]"
        if not isinstance(change, Mapping):
            raise TypeError(f"{where} is no change with char_start and char_end")
        start, end = change["char_start"], change["char_end"]
        for key, value, least in (("char_start", start, 0), ("char_end", end, start)):
            if not isinstance(value, int) or not least <= value <= len(text):
                raise ValueError(f"{where}.{key} is {value!r}, but it must lie between {least} and {len(text)}")
        found.append((start, end))
    return tuple(found)
