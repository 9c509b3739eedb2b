"""Claims as data: a tagged, depth- and size-limited encoding of exact builtin types, and its decoder.

Encoded form (JSON): ``null``, ``true``, a string, or a list whose head is a tag: ``i`` int (hexadecimal), ``f`` float
(repr), ``b`` bytes (hexadecimal), ``l`` list, ``t`` tuple, ``s`` set, ``z`` frozenset, ``d`` dict (pairs), ``a`` numpy
array (nested lists), ``r`` a standard-library (or SymPy) value by type and repr, ``o`` opaque. Nothing is pickled or
evaluated; an opaque value equals nothing.
"""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict, defaultdict
from typing import Any, NamedTuple

MAX_DEPTH = 64
MAX_ITEMS = 200_000
MAX_NESTED_KEYS = 2_000  # of one value: tuples and sets as keys, whose hashes a program can choose
_LONGEST_FLOAT = 32
_HASH_MODULUS = sys.hash_info.modulus

# By name: loading their modules would cost every process, and a class that only bears such a name gains nothing.
_BY_REPR = frozenset(
    {
        ("builtins", "complex"),
        ("builtins", "range"),
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "time"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("decimal", "Decimal"),
        ("fractions", "Fraction"),
        ("pathlib", "PosixPath"),
        ("pathlib", "PurePosixPath"),
        ("uuid", "UUID"),
    }
)
_DICTS = (dict, OrderedDict, defaultdict, Counter)
_SEQUENCES = {list: "l", tuple: "t", set: "s", frozenset: "z"}


class ValueLimitError(Exception):
    """A value is nested too deeply or has too many parts."""


class Opaque(NamedTuple):
    """A value of a type that is not compared; ``kind`` is its type's name."""

    kind: str


class ByRepr(NamedTuple):
    """A value of a standard-library (or SymPy) type, known by its exact type and ``repr``."""

    kind: str
    text: str


class Encoder:
    """Encodes one value; counts what it has seen, so that a shared or cyclic structure cannot explode."""

    def __init__(self) -> None:
        self._left = MAX_ITEMS

    def encode(self, value: Any, depth: int = 0) -> object:  # noqa: ANN401, PLR0911 - any type, one return per tag
        """Return the JSON form of ``value``; raises ``ValueLimitError``."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise ValueLimitError(f"more than {MAX_ITEMS} parts or {MAX_DEPTH} levels")
        kind: Any = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return ["i", hex(value)]
        if kind is float:
            return ["f", repr(value)]
        if kind is bytes or kind is bytearray:
            return ["b", value.hex()]
        if kind in _SEQUENCES:
            return [_SEQUENCES[kind], [self.encode(item, depth + 1) for item in value]]
        if kind in _DICTS:
            items = dict.items(value)
            return ["d", [[self.encode(key, depth + 1), self.encode(item, depth + 1)] for key, item in items]]
        module = str(kind.__module__)
        if (module, kind.__qualname__) in _BY_REPR or module.startswith("sympy."):
            return ["r", kind.__name__, repr(value)]
        if module == "numpy" and hasattr(kind, "tolist"):
            plain = value.tolist()  # an array becomes nested lists, a scalar a Python number
            return ["a", self.encode(plain, depth + 1)] if kind.__name__ == "ndarray" else self.encode(plain, depth + 1)
        return ["o", f"{module}.{kind.__qualname__}"[:200]]


def encode(value: object) -> object:
    """Encode one value; raises ``ValueLimitError`` where it is too large or too deep."""
    return Encoder().encode(value)


class Decoder:
    """Decodes one value; counts the keys whose hashes could be made to collide, which would take the grader ages."""

    def __init__(self) -> None:
        self._left = MAX_NESTED_KEYS

    def decode(self, data: object, depth: int = 0) -> object:  # noqa: PLR0911, PLR0912 - one branch per tag reads best
        """Rebuild a value from its JSON form; raises ``ValueError`` on anything malformed."""
        if depth > MAX_DEPTH + 1:
            raise ValueError("nested too deeply")
        if data is None or isinstance(data, (bool, str)):
            return data
        if not isinstance(data, list) or len(data) not in (2, 3) or not isinstance(data[0], str):
            raise ValueError("not an encoded value")
        tag, body = data[0], data[1]
        if tag == "r" and len(data) == 3 and isinstance(body, str) and isinstance(data[2], str):
            return ByRepr(body, data[2])
        if len(data) != 2:
            raise ValueError("an encoded value has a tag and a body")
        if tag in ("i", "f", "b", "o"):
            return _decode_scalar(tag, body)
        if tag == "a":
            return self.decode(body, depth + 1)
        if not isinstance(body, list):
            raise ValueError("the body of a container is a list")
        if tag == "d":
            return self._decode_pairs(body, depth)
        items = [self.decode(item, depth + 1) for item in body]
        try:
            match tag:
                case "l":
                    return items
                case "t":
                    return tuple(items)
                case "s":
                    return {self._key(item) for item in items}
                case "z":
                    return frozenset(self._key(item) for item in items)
        except TypeError as error:
            raise ValueError(f"a set holds an unhashable value: {error}") from error
        raise ValueError(f"unknown tag {tag!r}")

    def _decode_pairs(self, pairs: list[Any], depth: int) -> dict[object, object]:
        if any(not isinstance(pair, list) or len(pair) != 2 for pair in pairs):
            raise ValueError("a dict is a list of pairs")
        try:
            return {self._key(self.decode(key, depth + 1)): self.decode(item, depth + 1) for key, item in pairs}
        except TypeError as error:
            raise ValueError(f"a dict has an unhashable key: {error}") from error

    def _key(self, value: object) -> object:
        """Refuse integers that can be chosen to share one hash, and large numbers of tuples, which all can."""
        if isinstance(value, int) and abs(value) >= _HASH_MODULUS:
            raise ValueError("an integer too large for a key")
        if isinstance(value, (tuple, frozenset)) and not isinstance(value, (ByRepr, Opaque)):
            self._left -= 1
            if self._left < 0:
                raise ValueError(f"more than {MAX_NESTED_KEYS} keys that are tuples or sets")
        return value


def _decode_scalar(tag: str, body: object) -> object:
    if not isinstance(body, str):
        raise ValueError("the body of a scalar is text")
    if tag == "o":
        return Opaque(body)
    if tag == "f":
        if len(body) > _LONGEST_FLOAT:
            raise ValueError("not a float")
        return float(body)
    return int(body, 16) if tag == "i" else bytes.fromhex(body)


def decode(data: object) -> object:
    """Rebuild a value from its JSON form (a numpy array as a list); raises ``ValueError`` on anything malformed."""
    return Decoder().decode(data)
