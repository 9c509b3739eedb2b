"""Questions for a model from a file of any origin: JSON Lines or one array, plain or gzip.

A record is ``{"task_id": …, "prompt": "…"}`` or ``{"task_id": …, "messages": [{"role": …, "content": …}, …]}``; the
id may also be called ``id`` or ``name``, and be a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from real.errors import DataError
from real.io.json_records import JsonRecord
from real.types import Message

_IDS = ("task_id", "id", "name")
_ROLES = ("system", "user", "assistant")
EXPECTED = (
    'Expected is JSON Lines, or one JSON array, plain or gzip: {"task_id": "…", "prompt": "…"}, or "messages" as a list'
    ' of {"role": "user", "content": "…"} in the place of "prompt".'
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked: the turns of a chat, the last of which is the user's."""

    task_id: str
    turns: tuple[Message, ...]


def read_questions(records: Iterable[JsonRecord], name: str) -> tuple[list[Question], list[str]]:
    """The questions of the file ``name`` in its order, and the records that are none, with their reasons.

    Raises ``DataError`` where there is no question, or where two have the same id: answers are told apart by it.
    """
    questions: dict[str, Question] = {}
    skipped: list[str] = []
    for record in records:
        try:
            question = _question(record)
        except _SkippedError as reason:
            skipped.append(f"{record.where}: {reason}")
            continue
        if question.task_id in questions:
            raise DataError(
                f"{name} has two questions with the id {question.task_id!r}, the second in {record.where}",
                hint="Answers are told apart by their question's id: give each its own.",
            )
        questions[question.task_id] = question
    if not questions:
        found = f": {skipped[0]}" if skipped else ", which is empty"
        raise DataError(f"{name} asks nothing{found}", hint=EXPECTED)
    return list(questions.values()), skipped


class _SkippedError(Exception):
    """Why a record is no question."""


def _question(record: JsonRecord) -> Question:
    if record.problem:
        raise _SkippedError(record.problem)
    value = record.value
    if not isinstance(value, Mapping):
        raise _SkippedError(f"a {type(value).__name__}, not an object")
    task_id = next((value[key] for key in _IDS if isinstance(value.get(key), str | int)), None)
    if task_id is None or isinstance(task_id, bool) or task_id == "":
        raise _SkippedError(f"no {_IDS[0]}")
    turns = value.get("messages", value.get("prompt"))
    if isinstance(turns, str) and turns.strip():
        return Question(str(task_id), (Message("user", turns),))
    if not isinstance(turns, list) or not turns:
        raise _SkippedError("neither a prompt nor messages")
    return Question(str(task_id), tuple(_turn(turn) for turn in turns))


def _turn(turn: object) -> Message:
    if not isinstance(turn, Mapping) or turn.get("role") not in _ROLES or not isinstance(turn.get("content"), str):
        raise _SkippedError(f"a message is not a role ({', '.join(_ROLES)}) with its content as text")
    return Message(str(turn["role"]), str(turn["content"]))
