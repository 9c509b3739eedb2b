"""pass@k against its definition: the share of all choices of k samples that hold one that passed."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real.evaluation.pass_at_k import pass_at_k, pass_at_k_of
from real.types import Analysis, AnalysisStatus, Check, OutcomeStatus, Program, TestOutcome, Verdict


@given(st.lists(st.booleans(), min_size=1, max_size=7), st.integers(1, 7))
def test_the_estimate_is_the_mean_over_all_choices(samples, k):
    if k > len(samples):
        with pytest.raises(ValueError, match="pass@"):
            pass_at_k(len(samples), sum(samples), k)
        return
    choices = list(itertools.combinations(samples, k))
    expected = sum(any(choice) for choice in choices) / len(choices)
    assert pass_at_k(len(samples), sum(samples), k) == pytest.approx(expected)


def verdict(task_id, status):
    clean = {Check.SECURITY: Analysis(AnalysisStatus.CLEAN)}
    return Verdict(task_id, Program("pass"), (TestOutcome(status),), clean)


def test_rates_are_means_over_tasks_for_every_k_that_all_have_samples_for():
    good, bad, masked = OutcomeStatus.PASS, OutcomeStatus.WRONG, OutcomeStatus.INFRA_ERROR
    verdicts = [verdict("a", status) for status in (good, bad, bad, bad, masked, bad)]
    verdicts += [verdict("b", bad)] * 5
    verdicts.append(Verdict("c", Program(None, "missing")))
    rates = pass_at_k_of(verdicts, {"c"})
    assert rates.keys() == {"1", "5"}
    assert rates["1"]["function"] == pytest.approx((1 / 6) / 3)
    assert rates["5"]["func_qual"] == pytest.approx((5 / 6) / 3)
    assert pass_at_k_of(verdicts[:6]).keys() == {"1", "5"}
    assert pass_at_k_of([]) == {}
