"""When a test passes by the protocol ``paper``: the rules of the paper's released scorers, one for each kind of suite.

Scripts: on SafeSQL (``ExecutionRequest.counts_prompts``) a test fails unless the program's text has as many prompts as
the test has lines of input. A prompt is one quoted string, alone between the parentheses of a call of ``input``:
``input()``, f-strings and sums are none. Prompts are taken off the start of the output if all of them stand there, one
after the other; otherwise none is. Then letter case, blanks and line feeds do not count, and all else does.

Functions (APPS+): ``assert f(args) == expected`` in a process of its own; whatever stands on standard error, be it a
warning, fails the test.

Functions of SecCodePLT+: ``numpy.array_equal(returned, expected)``, or an exception of exactly the expected type; all
tests together have the seconds of one process.

The seconds are CPU seconds, as everywhere here, so that a busy machine fails nobody.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Sequence

from real.execution.claimed_values import ByRepr, Opaque

_PROMPT = re.compile(r"""(?<!\w)input\(("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\)""")
_TEXT = (str, bytes)
_NUMBER = (bool, int, float)


def prompts_in(code: str) -> list[str]:
    """The prompts in a program's text, in its order."""
    return [_evaluated(quoted) for quoted in _PROMPT.findall(code)]


def _evaluated(quoted: str) -> str:
    try:
        return str(ast.literal_eval(quoted))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return quoted[1:-1]


def input_lines(stdin: str) -> int:
    """Lines of a test's input without blanks around it; an empty input has one, as the released references show."""
    return len(stdin.strip().split("\n"))


def same_printed(output: str, expected: str, prompts: Sequence[str]) -> bool:
    """Whether an output, prompts and all, is what is expected."""
    return _counted(output.removeprefix("".join(prompts))) == _counted(expected)


def _counted(text: str) -> str:
    return text.lower().replace(" ", "").replace("\n", "")


def same_returned(claimed: object, expected: object) -> bool:
    """Python's ``==`` of a decoded claim and a JSON value: ``1`` is ``True`` and ``1.0``, and no tuple is a list."""
    return not isinstance(claimed, (Opaque, ByRepr)) and bool(claimed == expected)


def array_equal(claimed: object, expected: object) -> bool:
    """``numpy.array_equal`` of two decoded values, without NumPy.

    Sequences of one shape are compared item by item, ragged ones equal nothing. Numbers and truth values are compared
    by value, exactly; beside texts they are texts.
    """
    if _shape(claimed) is None or _shape(claimed) != _shape(expected):
        return False
    return all(a == b for a, b in zip(_items(claimed), _items(expected), strict=True))


def _shape(value: object) -> tuple[int, ...] | None:
    """The shape of the array that NumPy makes of a value; ``None``: it makes none."""
    if isinstance(value, (Opaque, ByRepr)) or not isinstance(value, (list, tuple)):
        return ()
    shapes = {_shape(item) for item in value}
    if len(shapes) > 1 or None in shapes:
        return None
    return (len(value), *(shapes.pop() or ())) if shapes else (0,)


def _items(value: object) -> list[object]:
    """The items of an array, in order, as its type has them."""
    items = list(_flat(value))
    has_text = any(isinstance(item, str) for item in items)
    if has_text and all(isinstance(item, (str, *_NUMBER)) for item in items):
        return [str(item) for item in items]
    return items


class _Unequal:
    """Equals nothing, as NaN does, which a list would find by its identity."""

    __slots__ = ()


def _flat(value: object) -> list[object]:
    if isinstance(value, Opaque):
        return [_Unequal()]
    if isinstance(value, float) and math.isnan(value):
        return [_Unequal()]
    if isinstance(value, ByRepr) or not isinstance(value, (list, tuple)):
        return [value]
    return [item for part in value for item in _flat(part)]
