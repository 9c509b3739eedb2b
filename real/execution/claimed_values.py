"""The values that programs claim to have returned, rebuilt from their encoded form (see ``jail.values``).

Nothing is unpickled or evaluated, and nothing of a program's runs here; an opaque value equals nothing.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any, NamedTuple

from real.execution.jail.values import MAX_DEPTH, MOST_BITS

MAX_NESTED_KEYS = 2_000  # of one value: tuples, sets and fractions as keys, whose hashes a program can choose
_LONGEST_FLOAT = 32
_HASH_MODULUS = sys.hash_info.modulus


class Opaque(NamedTuple):
    """A value of a type that is not compared; ``kind`` is its type's name."""

    kind: str


class ByRepr(NamedTuple):
    """A value of a standard-library (or SymPy) type, known by its exact type and ``repr``."""

    kind: str
    text: str


class Decoder:
    """Decodes one value; counts the keys whose hashes could be made to collide, which would take the grader ages."""

    def __init__(self) -> None:
        self._left = MAX_NESTED_KEYS

    def decode(self, data: object, depth: int = 0) -> object:  # noqa: PLR0911, PLR0912 - one branch per tag reads best
        """Rebuild a value from its JSON form; raises ``ValueError`` on anything malformed."""
        if depth > MAX_DEPTH + 1:
            raise ValueError("nested too deeply")
        if data is None or isinstance(data, (bool, str, int)):
            return data
        if not isinstance(data, list) or len(data) not in (2, 3) or not isinstance(data[0], str):
            raise ValueError("not an encoded value")
        tag, body = data[0], data[1]
        if tag in ("r", "q") and len(data) == 3 and isinstance(body, str) and isinstance(data[2], str):
            return ByRepr(body, data[2]) if tag == "r" else _decode_rational(body, data[2])
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
        if isinstance(value, (tuple, frozenset, Fraction)) and not isinstance(value, (ByRepr, Opaque)):
            self._left -= 1
            if self._left < 0:
                raise ValueError(f"more than {MAX_NESTED_KEYS} keys that are tuples or sets")
        return value


def _decode_rational(top: str, bottom: str) -> Fraction | int:
    if max(len(top), len(bottom)) > MOST_BITS // 4 + 4:
        raise ValueError("a fraction of too many digits")
    if (divisor := int(bottom, 16)) == 0:
        raise ValueError("a fraction with nothing below")
    found = Fraction(int(top, 16), divisor)
    return found.numerator if found.denominator == 1 else found


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
