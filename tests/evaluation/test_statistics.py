"""Intervals, tests and estimates against what scipy and statsmodels say (``tests/fixtures/statistics.json``).

The file has the versions that it was made with, and the arguments beside each value: ``mcnemar(exact=True)``,
``stats.bootstrap(paired=True, method="percentile")`` with 100,000 resamples, ``proportion_confint(method="wilson")``,
``stats.hypergeom``.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from real.evaluation.intervals import wilson
from real.evaluation.paired import Pairs, mcnemar, paired_bootstrap
from real.evaluation.pass_at_k import pass_at_k

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "statistics.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", REFERENCE["paired"], ids=lambda case: str(case["counts"]))
def test_paired(case: dict[str, Any]) -> None:
    pairs = Pairs(*case["counts"])
    assert mcnemar(pairs) == pytest.approx(case["p_value"], rel=1e-9)
    difference, low, high = paired_bootstrap(pairs)
    assert difference == pytest.approx((pairs.second_only - pairs.first_only) / pairs.n)
    # Resampling is random there and exact here: the quantiles of a sum of whole numbers may lie one apart.
    assert abs(low - case["low"]) <= 1 / pairs.n + 1e-9
    assert abs(high - case["high"]) <= 1 / pairs.n + 1e-9


@pytest.mark.parametrize("case", REFERENCE["wilson"], ids=lambda case: f"{case['passed']} of {case['n']}")
def test_wilson(case: dict[str, Any]) -> None:
    assert wilson(case["passed"], case["n"]) == pytest.approx((case["low"], case["high"]), abs=1e-12)


@pytest.mark.parametrize("case", REFERENCE["pass_at_k"], ids=lambda case: f"{case['c']} of {case['n']}, k={case['k']}")
def test_pass_at_k(case: dict[str, Any]) -> None:
    assert pass_at_k(case["n"], case["c"], case["k"]) == pytest.approx(case["value"], abs=1e-12)


def test_tasks_are_paired_by_their_ids_and_masked_ones_left_out() -> None:
    first = {"a": True, "b": True, "c": False, "d": False, "e": None, "f": True}
    second = {"d": False, "c": True, "b": False, "a": True, "e": True, "f": None, "g": True}
    assert Pairs.of(first, second) == Pairs(1, 1, 1, 1)


def test_nothing_to_compare() -> None:
    assert mcnemar(Pairs(3, 0, 0, 4)) == 1.0
    assert mcnemar(Pairs(0, 0, 5000, 0)) == 0.0
    assert paired_bootstrap(Pairs(3, 0, 0, 4)) == (0.0, 0.0, 0.0)
    difference, low, high = paired_bootstrap(Pairs(0, 0, 0, 0))
    assert math.isnan(difference) and (low, high) == (-1.0, 1.0)


def test_swapping_the_methods_swaps_the_interval() -> None:
    one, two = paired_bootstrap(Pairs(5, 3, 11, 20)), paired_bootstrap(Pairs(5, 11, 3, 20))
    assert one == pytest.approx((-two[0], -two[2], -two[1]), abs=1 / 39 + 1e-9)
