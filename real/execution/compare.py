"""When an output or a claimed value equals what is expected, by the protocol ``strict`` (see also ``paper_rules``).

Text: trailing blanks of each line and trailing empty lines do not count, everything else does.
Values: what the language calls equal is equal, whatever its type (a named tuple and a tuple, a member of ``IntEnum``
and an int, ``Fraction(1, 2)`` and ``0.5``), and a tuple equals a list with the same items; numbers are equal within
1e-9, relative or absolute, if either is a float; ``True`` is not ``1``; NaN equals NaN; a value that has no encoding
equals nothing.
"""

from __future__ import annotations

import json
import math
from fractions import Fraction

from real.errors import UsageError
from real.execution.claimed_values import ByRepr, Opaque

PROTOCOLS = ("strict", "paper")
_TOLERANCE = 1e-9
_MAX_JSON_KEY = 2**64  # nobody writes longer numbers as keys, and huge ones are slow to print


def check_protocol(protocol: str) -> str:
    """Return ``protocol``; raises ``UsageError`` for one that does not exist."""
    if protocol not in PROTOCOLS:
        raise UsageError(f"unknown protocol {protocol!r}", hint=f"Known: {', '.join(PROTOCOLS)}.")
    return protocol


def normalise(text: str) -> str:
    """The part of an output that counts."""
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n")


def same_text(output: str, expected: str) -> bool:
    """Whether a program printed what is expected."""
    return normalise(output) == normalise(expected)


def same_value(claimed: object, expected: object, *, json_keys: bool = False) -> bool:  # noqa: PLR0911
    """Whether a decoded claim equals an expected value.

    ``json_keys``: the expected value is JSON, whose keys are always text, so a key ``1`` equals ``"1"``.
    """
    if isinstance(claimed, Opaque) or isinstance(expected, Opaque):
        return False
    if isinstance(claimed, ByRepr) or isinstance(expected, ByRepr):
        return type(claimed) is type(expected) and claimed == expected
    if isinstance(claimed, bool) or isinstance(expected, bool):
        return claimed is expected
    if isinstance(claimed, (int, float, Fraction)) and isinstance(expected, (int, float, Fraction)):
        return _same_number(claimed, expected)
    if isinstance(claimed, (list, tuple)) and isinstance(expected, (list, tuple)):
        pairs = zip(claimed, expected, strict=False)
        return len(claimed) == len(expected) and all(same_value(a, b, json_keys=json_keys) for a, b in pairs)
    if isinstance(claimed, dict) and isinstance(expected, dict):
        if json_keys:
            as_json = {_json_key(key): item for key, item in claimed.items()}
            if len(as_json) < len(claimed):  # 1 and "1": JSON would have one key twice
                return False
            claimed = as_json
        return len(claimed) == len(expected) and all(
            key in claimed and same_value(claimed[key], item, json_keys=json_keys) for key, item in expected.items()
        )
    if isinstance(claimed, (set, frozenset)) and isinstance(expected, (set, frozenset)):
        return claimed == expected
    return type(claimed) is type(expected) and bool(claimed == expected)


def _json_key(key: object) -> object:
    """A key as JSON writes it: ``true`` for ``True``, ``null`` for ``None``."""
    return json.dumps(key) if key is None or (isinstance(key, (int, float)) and abs(key) < _MAX_JSON_KEY) else key


def _same_number(claimed: float | Fraction, expected: float | Fraction) -> bool:
    if isinstance(claimed, (int, Fraction)) and isinstance(expected, (int, Fraction)):
        return claimed == expected
    try:
        a, b = float(claimed), float(expected)
    except OverflowError:
        return False
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
