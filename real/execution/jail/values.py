"""Claims as data: a tagged, depth- and size-limited encoding of builtin values (decoded by ``claimed_values``).

Encoded form (JSON): ``null``, ``true``, a string, a small int, or a list whose head is a tag: ``i`` int (hexadecimal),
``f`` float (repr), ``b`` bytes (hexadecimal), ``l`` list, ``t`` tuple, ``s`` set, ``z`` frozenset, ``d`` dict (pairs),
``a`` numpy array (nested lists), ``q`` a Fraction or Decimal as numerator and denominator (hexadecimal), ``r`` another
standard-library (or SymPy) value by type and repr, ``o`` opaque. What equals a builtin value by that value's own rule
(a named tuple, a member of ``IntEnum``) is encoded as it.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from typing import Any

MAX_DEPTH = 64
_SHORTEST_PART = 2  # bytes of an encoded value: a digit and a comma
_SMALL = 1 << 53  # integers below are plain numbers in JSON

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
        ("pathlib", "PosixPath"),
        ("pathlib", "PurePosixPath"),
        ("uuid", "UUID"),
    }
)
_DICTS = (dict, OrderedDict, defaultdict, Counter)
_SEQUENCES = {list: "l", tuple: "t", set: "s", frozenset: "z"}
_RATIONAL = frozenset({("decimal", "Decimal"), ("fractions", "Fraction")})
MOST_BITS = 4096  # of a numerator or denominator: reducing a fraction takes quadratic time
# Of a subclass that compares as its base does: how the base reads its value, whatever the subclass has overridden.
_PLAIN: tuple[tuple[Any, Any], ...] = (
    (int, int.__int__),
    (str, str.__str__),
    (float, float.__float__),
    (tuple, lambda value: tuple(tuple.__iter__(value))),
    (list, lambda value: list(list.__iter__(value))),
    (set, lambda value: set(set.__iter__(value))),
    (frozenset, lambda value: frozenset(frozenset.__iter__(value))),
    (dict, lambda value: dict(dict.items(value))),
    (bytes, bytes.__bytes__),
)


class ValueLimitError(Exception):
    """A value is nested too deeply or has too many parts."""


class Encoder:
    """Encodes one value; counts what it has seen, so that a shared or cyclic structure cannot explode.

    ``max_bytes`` is how long the encoded form may be.
    """

    def __init__(self, max_bytes: int) -> None:
        self._left = self._most = max_bytes // _SHORTEST_PART

    def encode(self, value: Any, depth: int = 0) -> object:  # noqa: ANN401, PLR0911 - any type, one return per tag
        """Return the JSON form of ``value``; raises ``ValueLimitError``."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise ValueLimitError(f"more than {self._most:,} parts or {MAX_DEPTH} levels")
        kind: Any = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return value if -_SMALL < value < _SMALL else ["i", hex(value)]
        if kind is float:
            return ["f", repr(value)]
        if kind is bytes or kind is bytearray:
            return ["b", value.hex()]
        if kind in _SEQUENCES:
            return [_SEQUENCES[kind], [self.encode(item, depth + 1) for item in value]]
        if kind in _DICTS:
            items = dict.items(value)
            return ["d", [[self.encode(key, depth + 1), self.encode(item, depth + 1)] for key, item in items]]
        return self._encode_other(value, kind, depth)

    def _encode_other(self, value: Any, kind: Any, depth: int) -> object:  # noqa: ANN401
        for base, plain in _PLAIN:
            if isinstance(value, base) and kind.__eq__ is base.__eq__:
                return self.encode(plain(value), depth)
        module = str(kind.__module__)
        if (module, kind.__qualname__) in _RATIONAL:
            return _encode_rational(value)
        if kind is complex and not value.imag:
            return self.encode(value.real, depth)
        if (module, kind.__qualname__) in _BY_REPR or module.startswith("sympy."):
            return ["r", kind.__name__, repr(value)]
        if module == "numpy" and hasattr(kind, "tolist"):
            plain = value.tolist()  # an array becomes nested lists, a scalar a Python number
            return ["a", self.encode(plain, depth + 1)] if kind.__name__ == "ndarray" else self.encode(plain, depth + 1)
        return ["o", f"{module}.{kind.__qualname__}"[:200]]


def _encode_rational(value: Any) -> object:  # noqa: ANN401 - a Fraction or a Decimal
    try:
        top, bottom = value.as_integer_ratio()
    except (OverflowError, ValueError):  # infinite, or no number
        return ["f", repr(float(value))] if not value.is_snan() else ["o", "Decimal"]
    if max(top.bit_length(), bottom.bit_length()) > MOST_BITS:
        return ["r", type(value).__name__, repr(value)]
    return ["q", hex(top), hex(bottom)]


def encode(value: object, max_bytes: int) -> object:
    """Encode one value; raises ``ValueLimitError`` where it is too deep, or needs more than ``max_bytes``."""
    return Encoder(max_bytes).encode(value)
