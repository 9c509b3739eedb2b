"""Which samples pass, which are masked, and what the pass rates make of them."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real.evaluation.rates import (
    Rate,
    from_json,
    paired_difference,
    summarize,
    to_json,
)
from real.types import Analysis, AnalysisStatus, Check, OutcomeStatus, Program, TestOutcome, Verdict
from real.verdicts import func_qual_passed, function_passed, quality_passed, safety_passed

P, W, I = OutcomeStatus.PASS, OutcomeStatus.WRONG, OutcomeStatus.INFRA_ERROR  # noqa: E741
CLEAN, FOUND, ERROR = AnalysisStatus.CLEAN, AnalysisStatus.FINDINGS, AnalysisStatus.ERROR
UNANALYZABLE = AnalysisStatus.UNANALYZABLE


def verdict(outcomes=(P,), analyses=(CLEAN,), *, task="t", code="pass", safety=None):
    return Verdict(
        task,
        Program(code, None if code else "no code block"),
        tuple(TestOutcome(status) for status in outcomes),
        {check: Analysis(status) for check, status in zip(Check, analyses, strict=False)},
        None if safety is None else tuple(TestOutcome(status) for status in safety),
    )


@pytest.mark.parametrize(
    ("outcomes", "passed"),
    [((P, P), True), ((P, W), False), ((P, I), None), ((W, I), None), ((), None), ((OutcomeStatus.TIMEOUT,), False)],
)
def test_function_needs_every_test(outcomes, passed):
    assert function_passed(verdict(outcomes)) is passed


@pytest.mark.parametrize(
    ("analyses", "passed"),
    [
        ((CLEAN,), True),
        ((CLEAN, CLEAN), True),
        ((CLEAN, FOUND), False),
        ((UNANALYZABLE,), False),
        ((FOUND, ERROR), None),
        ((), None),
    ],
)
def test_quality_needs_every_analysis(analyses, passed):
    assert quality_passed(verdict(analyses=analyses)) is passed


def test_a_missing_program_fails_both_and_is_not_masked():
    missing = verdict((), (), code=None)
    assert (function_passed(missing), quality_passed(missing), func_qual_passed(missing)) == (False, False, False)
    assert summarize([missing]).n == 1


def test_masked_samples_leave_every_rate_and_are_counted():
    metrics = summarize(
        [verdict(), verdict((W,)), verdict(analyses=(FOUND,)), verdict((I,)), verdict(analyses=(ERROR,))]
    )
    assert (metrics.n, metrics.masked) == (3, 2)
    assert (metrics.function.passed, metrics.quality.passed, metrics.func_qual.passed) == (2, 2, 1)
    assert metrics.func_qual.rate == pytest.approx(1 / 3)


def test_all_masked_is_no_zero():
    metrics = summarize([verdict((I,))])
    assert math.isnan(metrics.function.rate)
    assert to_json(metrics)["function"] is None
    assert json.loads(json.dumps(to_json(metrics), allow_nan=False))["masked"] == 1


def test_safety_counts_only_tasks_that_have_it():
    assert summarize([verdict()]).safety is None
    found = summarize(
        [verdict(safety=(P,)), verdict(safety=(P, W)), verdict(safety=(I,)), verdict(), verdict((), (), code=None)]
    ).safety
    assert (found.passed, found.n) == (1, 3)  # pass, fail, missing program; infrastructure and no suite are out
    assert safety_passed(verdict(safety=())) is None


OUTCOMES = st.lists(st.sampled_from([P, W, I]), max_size=3)
ANALYSES = st.lists(st.sampled_from([CLEAN, FOUND, ERROR, UNANALYZABLE]), max_size=2)


@given(st.lists(st.builds(verdict, OUTCOMES, ANALYSES, code=st.sampled_from(["pass", None]))))
def test_joint_never_exceeds_either_and_json_comes_back(verdicts):
    metrics = summarize(verdicts)
    assert metrics.n + metrics.masked == len(verdicts)
    assert metrics.func_qual.passed <= min(metrics.function.passed, metrics.quality.passed)
    back = from_json(json.loads(json.dumps(to_json(metrics))))
    assert to_json(back) == to_json(metrics)


def test_difference_pairs_by_task_and_drops_what_is_masked_on_one_side():
    before = [verdict((W,), task="a"), verdict((W,), task="b"), verdict(task="c"), verdict((I,), task="d")]
    after = [verdict(task="c"), verdict(task="d"), verdict(task="b"), verdict(task="a"), verdict(task="new")]
    change = paired_difference(before, after)["func_qual"]
    assert change.n == 3
    assert change.difference == pytest.approx(2 / 3)
    assert change.low <= change.difference <= change.high


@pytest.mark.parametrize(
    "broken", [{}, {"n": "3", "masked": 0, "passed": {}}, {"n": 1, "masked": 0, "passed": {"function": 5}}]
)
def test_damaged_records_are_refused(broken):
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_json(broken)


def test_rate_knows_its_interval():
    rate = Rate.of(28, 150)
    assert (rate.low, rate.high) == pytest.approx((0.1328, 0.2564), abs=5e-4)
