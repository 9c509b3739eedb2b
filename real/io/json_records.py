"""JSON records from a file of any origin: JSON Lines or one array, plain or gzip, with or without a byte order mark."""

from __future__ import annotations

import codecs
import gzip
import json
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

from real.errors import DataError

_GZIP = b"\x1f\x8b"
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """One value of the file and where it stands (``line 3``, ``item 3``); ``problem`` says why there is no value."""

    where: str
    value: object = None
    problem: str = ""


def read_json_records(name: str) -> list[JsonRecord]:
    """All records of the file ``name``, or of standard input where it is ``-``; blank lines are none.

    Lines end at U+000A only: a raw U+2028, U+2029 or U+0085 is a character of a string, as JSON allows it. Bytes that
    cannot be decoded become U+FFFD. Raises ``DataError`` where the file cannot be read or unpacked.
    """
    text = _decode(_unpack(_read(name), name))
    array = _array(text)
    if array is not None:
        return [JsonRecord(f"item {number}", value) for number, value in enumerate(array, start=1)]
    return [_parse(line, number) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {name}: {error.strerror or error}") from error


def _unpack(data: bytes, name: str) -> bytes:
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name} begins like gzip, but it cannot be unpacked: {error}") from error


def _decode(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    return data.decode("utf-8", errors="replace")


def _array(text: str) -> list[object] | None:
    if not text.lstrip().startswith("["):
        return None
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None  # lines that are lists: each of them says what is wrong with it
    return value if isinstance(value, list) else None


def _parse(line: str, number: int) -> JsonRecord:
    where = f"line {number}"
    try:
        return JsonRecord(where, json.loads(line))
    except (ValueError, RecursionError) as error:
        return JsonRecord(where, problem=f"not JSON ({error})")
