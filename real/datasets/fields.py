"""Typed access to the fields of a raw row: a missing or mistyped field becomes a reason that a person can read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from real.types import JsonValue, Message

Row: TypeAlias = Mapping[str, object]

MAX_CELL = 16 << 20  # characters of one text; the largest released one has less than 1 Mi


class BadRow(Exception):
    """One row cannot become a task; the message is the reason that is recorded."""


def check_cells(row: Row) -> None:
    """Raise ``BadRow`` for a text, at any depth, that is longer than ``MAX_CELL`` or cannot be written as UTF-8."""
    waiting: list[tuple[str, object]] = list(row.items())
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            if len(value) > MAX_CELL:
                raise BadRow(f"field {path!r} has {len(value)} characters (at most {MAX_CELL})")
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise BadRow(f"field {path!r} is not valid Unicode: {error.reason}") from error
        elif isinstance(value, bytes):
            raise BadRow(f"field {path!r} is bytes, not text")
        elif isinstance(value, Mapping):
            waiting += [(f"{path}.{key}", part) for key, part in value.items()]
        elif isinstance(value, Sequence):
            waiting += [(f"{path}[{index}]", part) for index, part in enumerate(value)]


def get(row: Row, path: str) -> object:
    """The value at a dotted ``path``; raises ``BadRow`` where a part of it is absent or null."""
    value: object = row
    for depth, key in enumerate(parts := path.split(".")):
        if not isinstance(value, Mapping):
            raise BadRow(f"field {'.'.join(parts[:depth])!r} is {kind(value)}, not an object")
        value = value.get(key)
        if value is None:
            raise BadRow(f"missing field {'.'.join(parts[: depth + 1])!r}")
    return value


def text(row: Row, path: str, *, allow_empty: bool = False) -> str:
    """A string field; raises ``BadRow`` unless it is one, and by default unless it says something."""
    value = get(row, path)
    if not isinstance(value, str):
        raise BadRow(f"field {path!r} is {kind(value)}, not a string")
    if not allow_empty and not value.strip():
        raise BadRow(f"field {path!r} is empty")
    return value


def optional_text(row: Row, path: str) -> str | None:
    """A string field that may be absent, null or blank; then ``None``."""
    try:
        value = get(row, path)
    except BadRow:
        return None
    if not isinstance(value, str):
        raise BadRow(f"field {path!r} is {kind(value)}, not a string")
    return value if value.strip() else None


def objects(row: Row, path: str) -> list[Row]:
    """A non-empty list of objects; raises ``BadRow`` unless it is one."""
    values = items(row, path)
    for index, value in enumerate(values):
        if not isinstance(value, Mapping):
            raise BadRow(f"field '{path}[{index}]' is {kind(value)}, not an object")
    return [value for value in values if isinstance(value, Mapping)]


def items(row: Row, path: str) -> Sequence[object]:
    """A non-empty list; raises ``BadRow`` unless it is one."""
    value = get(row, path)
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise BadRow(f"field {path!r} is {kind(value)}, not a list")
    if not value:
        raise BadRow(f"field {path!r} is empty")
    return value


def chat(row: Row, path: str) -> tuple[Message, ...]:
    """A list of ``{"role", "content"}`` objects as messages, in order and unchanged."""
    return tuple(Message(text(turn, "role"), text(turn, "content")) for turn in objects(row, path))


def parsed_json(row: Row, path: str) -> JsonValue:
    """The JSON document inside a string field."""
    try:
        document: JsonValue = json.loads(text(row, path))
    except (ValueError, RecursionError) as error:
        raise BadRow(f"field {path!r} is not JSON: {error}") from error
    return document


def kind(value: object) -> str:
    """The name of a value's type as a JSON reader would say it."""
    names = {"dict": "an object", "list": "a list", "str": "a string", "bool": "a boolean", "NoneType": "null"}
    return names.get(type(value).__name__, f"a value of type {type(value).__name__}")
