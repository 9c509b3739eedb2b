"""Completions from a file: which record answers which task, and why the others do not.

A record is ``{"task_id": …, "completion": …}``. The answer may also be called ``response``, ``output``, ``solution``
or ``generation``, and may be a list of texts. Several answers to a task are samples for pass@k. An answer is what a
model wrote, with its program in a code block; a ``solution`` may also be the program itself, as in evalplus' files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from real.errors import DataError
from real.io.json_records import JsonRecord
from real.types import Completion

_PROGRAM_KEY = "solution"
KEYS = ("completion", "response", "output", _PROGRAM_KEY, "generation")
EXPECTED = (
    'Expected is JSON Lines, or one JSON array, plain or gzip: {"task_id": "…", "completion": "…"}; the answer may '
    f"also be called {', '.join(KEYS[1:-1])} or {KEYS[-1]}."
)


@dataclass
class Completions:
    """The answers to each task, in the order of the file, and the records that answer none, with their reasons."""

    by_task: dict[str, list[Completion]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    @property
    def sampled(self) -> bool:
        """Whether any task has several answers."""
        return any(len(answers) > 1 for answers in self.by_task.values())


def read_completions(records: Iterable[JsonRecord], known: Collection[str], name: str) -> Completions:
    """The completions of the file ``name`` for the tasks ``known``.

    Raises ``DataError``, which says what was found and what is expected, where no record answers any of the tasks.
    """
    found, ids = Completions(), frozenset(known)
    for record in records:
        try:
            task_id, texts = _answers(record)
            if task_id not in ids:
                raise _SkippedError(f"unknown task id {task_id!r}")
        except _SkippedError as reason:
            found.skipped.append(f"{record.where}: {reason}")
        else:
            found.by_task.setdefault(task_id, []).extend(Completion(task_id, text) for text in texts)
    if not found.by_task:
        raise DataError(f"{name} answers none of the {len(ids)} tasks: {_found(found.skipped, known)}", hint=EXPECTED)
    return found


class _SkippedError(Exception):
    """Why a record is no answer."""


def _answers(record: JsonRecord) -> tuple[str, list[str]]:
    if record.problem:
        raise _SkippedError(record.problem)
    value = record.value
    if not isinstance(value, Mapping):
        raise _SkippedError(f"{_kind(value)}, but an object is expected")
    if not isinstance(value.get("task_id"), str | int):
        raise _SkippedError(f'an object without "task_id"; its keys are {", ".join(map(repr, value)) or "none"}')
    return str(value["task_id"]), _texts(value)


def _texts(record: Mapping[str, object]) -> list[str]:
    present = {key: record[key] for key in KEYS if record.get(key) is not None}
    if not present:
        raise _SkippedError(f"an object without an answer; its keys are {', '.join(map(repr, record))}")
    key, value = next(iter(present.items()))
    if key != KEYS[0] and any(other != value for other in present.values()):
        raise _SkippedError(f"{' and '.join(present)} differ: which is the answer?")
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts):
        return [_in_block(text) for text in texts] if key == _PROGRAM_KEY else texts
    raise _SkippedError(f"{key!r} holds {_kind(value)}, but a text or a list of texts is expected")


def _in_block(text: str) -> str:
    """A bare program as a model would write it."""
    return text if "```" in text else f"```python\n{text}\n```"


def _found(skipped: list[str], known: Collection[str]) -> str:
    if not skipped:
        return "it is empty"
    example = f" A task of this split is {next(iter(known))!r}." if known else ""
    more = f" (and {len(skipped) - 1} more)" if len(skipped) > 1 else ""
    return f"{skipped[0]}{more}.{example if 'unknown task id' in skipped[0] else ''}"


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")
