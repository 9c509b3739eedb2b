"""Values of other types that the language calls equal, and those it does not, through a call in the sandbox."""

from __future__ import annotations

import pytest

from real.execution import Pool
from real.types import CallCase, CallSuite, ExecutionRequest, JsonValue, LiteralCase, LiteralSuite

HEADER = """
import collections, decimal, enum, fractions
from collections import OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from fractions import Fraction
Point = namedtuple("Point", "x y")
Number = enum.IntEnum("Number", "ONE TWO")
Word = enum.Enum("Word", {"RED": "red"}, type=str)
Plain = enum.Enum("Plain", "ONE")
class Items(list): pass
class Money(float): pass
class Liar(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
"""
JSON: dict[str, tuple[JsonValue, bool]] = {
    "Point(1, 2)": ([1, 2], True),
    "[Point(1, Number.TWO)]": ([[1, 2]], True),
    "Number.ONE": (1, True),
    "Number.TWO": (1, False),
    "Word.RED": ("red", True),
    "Plain.ONE": (1, False),
    "Items([1])": ([1], True),
    "Money(0.5)": (0.5, True),
    "Liar(1)": (1, False),
    "Fraction(1, 2)": (0.5, True),
    "Fraction(4, 2)": (2, True),
    "Fraction(1, 3)": (0.5, False),
    "Decimal('0.5')": (0.5, True),
    "Decimal('0.50')": (0.5, True),
    "Decimal('1E+2')": (100, True),
    "Decimal('NaN')": (None, False),
    "Decimal('sNaN')": (None, False),
    "Decimal('1E+99999')": (1, False),
    "complex(2)": (2, True),
    "complex(2, 1)": (2, False),
    "{True: 1, None: 2}": ({"true": 1, "null": 2}, True),
    "{Number.ONE: Word.RED}": ({"1": "red"}, True),
    "{1: 2, '1': 2}": ({"1": 2}, False),
    "OrderedDict(a=1)": ({"a": 1}, True),
    "True": (1, False),
    "1": (True, False),
    "Decimal(1)": (True, False),
    "'1'": (1, False),
    "deque([1])": ([1], False),
    "(1, 2)": ([1, 2], True),
    "10**400": (10**400, True),
    "-(2**53)": (-(2**53), True),
}
LITERALS = {
    "0.5": ("Fraction(1, 2)", True),
    "Decimal('0.5')": ("Decimal('0.50')", True),
    "Fraction(1, 2)": ("Decimal('0.5')", True),
    "{Decimal(1): 2}": ("{1: 2}", True),
    "{Fraction(1, 2)}": ("{0.5}", True),
    "frozenset({1})": ("{1}", True),
    "True": ("1", False),
    "Point(1, 2)": ("(1, 2)", True),
}


def test_values_against_json(pool: Pool) -> None:
    requests = [
        ExecutionRequest(source, f"{HEADER}\ndef f(): return {source}", CallSuite("f", (CallCase(expected),)))
        for source, (expected, _) in JSON.items()
    ]
    for result in pool.run(requests):
        assert result.outcomes[0].status == ("pass" if JSON[result.request_id][1] else "wrong"), result


def test_values_against_literals(pool: Pool) -> None:
    requests = [
        ExecutionRequest(
            source,
            f"{HEADER}\ndef f(): return {source}",
            LiteralSuite("f", (LiteralCase("()", expected),), setup="from decimal import *\nfrom fractions import *"),
        )
        for source, (expected, _) in LITERALS.items()
    ]
    for result in pool.run(requests):
        assert result.outcomes[0].status == ("pass" if LITERALS[result.request_id][1] else "wrong"), result


PRIMES = """
def f(n):
    sieve = bytearray([1]) * n
    for i in range(2, int(n ** 0.5) + 1):
        if sieve[i]:
            sieve[i * i::i] = bytes(len(range(i * i, n, i)))
    return [i for i in range(2, n) if sieve[i]]
"""


def test_long_results_are_judged(pool: Pool) -> None:
    space: dict[str, list[int]] = {}
    exec(PRIMES + "\nprimes = f(1_000_000)", space)
    assert len(space["primes"]) == 78_498
    (result,) = pool.run(
        [ExecutionRequest("primes", PRIMES, CallSuite("f", (CallCase(space["primes"], (1_000_000,)),)))]  # type: ignore[arg-type]
    )
    assert result.outcomes[0].status == "pass", result.outcomes[0].detail


@pytest.mark.parametrize("code", ["def f(): return [0] * 2_000_000", "def f(): return 'x' * 5_000_000"])
def test_what_is_longer_than_anything_expected_is_not(pool: Pool, code: str) -> None:
    (result,) = pool.run([ExecutionRequest("long", code, CallSuite("f", (CallCase(1),)))])
    (outcome,) = result.outcomes
    assert outcome.status in ("output_limit", "error")
    assert "1,024 KiB" in outcome.detail or "parts" in outcome.detail
