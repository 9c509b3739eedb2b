"""The comparison rules, away from any process."""

from __future__ import annotations

from fractions import Fraction

import pytest

from real.execution.claimed_values import ByRepr, Opaque
from real.execution.compare import same_text, same_value


@pytest.mark.parametrize(
    ("output", "expected", "strict"),
    [
        ("a\nb\n", "a\nb", True),
        ("a  \r\nb\n\n\n", "a\nb", True),
        ("a\n\nb", "a\nb", False),
        (" a", "a", False),
        ("A", "a", False),
        ("", "\n", True),
        ("1 2", "12", False),
        ("a", "b", False),
        ("", "a", False),
    ],
)
def test_text(output: str, expected: str, strict: bool) -> None:
    assert same_text(output, expected) is strict


@pytest.mark.parametrize(
    ("claimed", "expected", "equal"),
    [
        ((1, [2]), [1, (2,)], True),
        ([1, 2], [1], False),
        (1.0 + 1e-12, 1, True),
        (1.001, 1.0, False),
        (10**400, 1.0, False),
        (float("inf"), float("inf"), True),
        (float("nan"), float("nan"), True),
        (True, 1, False),
        (0, False, False),
        ("1", 1, False),
        (None, 0, False),
        (b"a", "a", False),
        ({"a": (1,)}, {"a": [1]}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({1, 2}, {2, 1}, True),
        (frozenset({1}), {1}, True),
        (Fraction(1, 2), 0.5, True),
        (Fraction(1, 3), 1 / 3, True),
        (Fraction(1, 3), 0.5, False),
        (Fraction(1, 3), 0, False),
        (Opaque("x"), Opaque("x"), False),
        ([Opaque("x")], [None], False),
        (ByRepr("Decimal", "1"), ByRepr("Decimal", "1"), True),
        (ByRepr("Decimal", "1"), ("Decimal", "1"), False),
    ],
)
def test_values(claimed: object, expected: object, equal: bool) -> None:
    assert same_value(claimed, expected) is equal


def test_keys_that_json_cannot_express() -> None:
    assert not same_value({1: 2}, {"1": 2})
    assert same_value({1: 2}, {"1": 2}, json_keys=True)
    assert same_value({True: 1, None: 2, 0.5: 3}, {"true": 1, "null": 2, "0.5": 3}, json_keys=True)
    assert not same_value({True: 1}, {"1": 1}, json_keys=True)
    assert not same_value({1: 2, "1": 2}, {"1": 2}, json_keys=True)
