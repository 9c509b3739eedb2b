"""Intervals against published examples, and against what must hold for any counts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real.evaluation.intervals import newcombe_paired, wilson


@pytest.mark.parametrize(
    ("passed", "n", "low", "high"),
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", Table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_published_intervals(passed, n, low, high):
    assert wilson(passed, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_contains_the_rate_and_mirrors(counts):
    passed, n = counts
    low, high = wilson(passed, n)
    assert 0 <= low <= passed / n <= high <= 1
    assert wilson(n - passed, n) == pytest.approx((1 - high, 1 - low))


def test_nothing_observed_says_nothing():
    assert wilson(0, 0) == (0.0, 1.0)
    difference, low, high = newcombe_paired(0, 0, 0, 0)
    assert math.isnan(difference)
    assert (low, high) == (-1.0, 1.0)


@pytest.mark.parametrize(("passed", "n"), [(3, 2), (-1, 5)])
def test_impossible_counts_are_refused(passed, n):
    with pytest.raises(ValueError, match="no proportion"):
        wilson(passed, n)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    # Newcombe (1998), paired data, method 10; the paper's difference is first minus second, ours the reverse.
    [((36, 2, 12, 0), 0.0569, 0.3404), ((20, 2, 12, 16), 0.0562, 0.3292)],
)
def test_paired_interval_agrees_with_published_example(table, low, high):
    assert newcombe_paired(*table) == pytest.approx((0.2, low, high), abs=5e-5)


@given(st.tuples(*[st.integers(0, 60)] * 4).filter(any))
def test_paired_interval_contains_the_difference_and_mirrors(table):
    both, first, second, neither = table
    difference, low, high = newcombe_paired(both, first, second, neither)
    assert -1 <= low <= difference <= high <= 1
    assert newcombe_paired(both, second, first, neither) == pytest.approx((-difference, -high, -low))


def test_pairing_narrows_the_interval_of_correlated_answers():
    paired = newcombe_paired(50, 0, 10, 40)
    shuffled = newcombe_paired(30, 20, 30, 20)  # the same margins without correlation
    assert paired[0] == shuffled[0] == pytest.approx(0.1)
    assert paired[2] - paired[1] < 0.6 * (shuffled[2] - shuffled[1])
