"""When an output or a claimed value equals what is expected.

Text, ``strict``: trailing blanks of each line and trailing empty lines do not count, everything else does.
Text, ``paper``: the rule of the paper's released scorer, which ignores case, spaces and line breaks altogether, shows
prompts, and takes those away again that stand literally in the program, as long as the output starts with them.
Values: what the language calls equal is equal, whatever its type (a named tuple and a tuple, a member of ``IntEnum``
and an int, ``Fraction(1, 2)`` and ``0.5``), and a tuple equals a list with the same items; numbers are equal within
1e-9, relative or absolute, if either is a float; ``True`` is not ``1``; NaN equals NaN; a value that has no encoding
equals nothing.
"""

from __future__ import annotations

import ast
import json
import math
import re
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


_INPUT = re.compile(r"\binput\s*\(\s*(?!\))")  # a call with a prompt
_LITERAL_INPUT = re.compile(r"""\binput\s*\(\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*\)""")


def literal_prompts(code: str) -> list[str] | None:
    """The prompts of ``input("...")`` calls, in the order of the text; ``None`` where a prompt is no plain literal."""
    found = _LITERAL_INPUT.findall(code)
    if len(found) != len(_INPUT.findall(code)):
        return None
    try:
        return [str(ast.literal_eval(text)) for text in found]
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def without_prompts(output: str, prompts: list[str]) -> str:
    """An output without the prompts that it starts with."""
    for prompt in prompts:
        output = output.removeprefix(prompt)
    return output


def normalise(text: str, protocol: str = "strict") -> str:
    """The part of an output that counts."""
    if protocol == "paper":
        return "".join(text.lower().replace(" ", "").splitlines())
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n")


def same_text(output: str, expected: str, protocol: str = "strict") -> bool:
    """Whether a program printed what is expected."""
    return normalise(output, protocol) == normalise(expected, protocol)


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
