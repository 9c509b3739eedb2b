"""Section 3.2, case by case: the hybrid reward, its variants, the penalty and the mask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real.errors import UsageError
from real.rewards import RewardCfg, is_runnable, reward
from real.types import Analysis, AnalysisStatus, Check, Finding, OutcomeStatus, Program, TestOutcome, Verdict

CLEAN = Analysis(AnalysisStatus.CLEAN)
FOUND = Analysis(AnalysisStatus.FINDINGS, (Finding("CWE-89", 3, "tainted SQL"),))
UNANALYZABLE = Analysis(AnalysisStatus.UNANALYZABLE, reason="too deep")
BROKEN = Analysis(AnalysisStatus.ERROR, reason="rule raised")


def verdict(outcomes="pp", security=CLEAN, types=CLEAN, code="x = 1", safety=None):
    names = {
        "p": OutcomeStatus.PASS, "w": OutcomeStatus.WRONG, "e": OutcomeStatus.ERROR, "t": OutcomeStatus.TIMEOUT,
        "m": OutcomeStatus.MEMORY, "o": OutcomeStatus.OUTPUT_LIMIT, "c": OutcomeStatus.COMPILE_ERROR,
        "i": OutcomeStatus.INFRA_ERROR,
    }  # fmt: skip

    def made(letters):
        return tuple(TestOutcome(names[x]) for x in letters)

    if code is None:
        return Verdict("t", Program(None, "no code block"))
    return Verdict(
        "t",
        Program(code),
        made(outcomes),
        {Check.SECURITY: security, Check.MAINTAINABILITY: types},
        None if safety is None else made(safety),
    )


@pytest.mark.parametrize(
    ("made", "alpha", "expected"),
    [
        (verdict("pp"), 0.5, 1.0),
        (verdict("pw"), 0.5, 0.75),
        (verdict("pw", security=FOUND), 0.5, 0.25),
        (verdict("pp", types=FOUND), 0.3, 0.7),
        (verdict("ww"), 0.25, 0.25),
        (verdict("wpe"), 0.0, 1 / 3),
        (verdict("wpe"), 1.0, 1.0),
    ],
)
def test_hybrid_is_the_weighted_sum(made, alpha, expected):
    assert reward(made, RewardCfg(alpha=alpha)).value == pytest.approx(expected)


@pytest.mark.parametrize("variant", ["hybrid", "function_only", "quality_only", "safety_unit_tests"])
@pytest.mark.parametrize("made", [verdict(code=None), verdict("cc"), verdict("ee"), verdict("et"), verdict("mo")])
def test_a_program_that_cannot_run_earns_the_penalty_under_every_variant(variant, made):
    assert not is_runnable(made)
    assert reward(made, RewardCfg(variant=variant)).value == -1.0


def test_single_rewards_ignore_the_other_side():
    made = verdict("pw", security=FOUND)
    assert reward(made, RewardCfg(variant="function_only")).value == 0.5
    assert reward(made, RewardCfg(variant="quality_only")).value == 0.0
    assert reward(verdict("ww"), RewardCfg(variant="quality_only")).value == 1.0


def test_safety_unit_tests_replace_the_detector():
    cfg = RewardCfg(variant="safety_unit_tests", alpha=0.5)
    assert reward(verdict("pp", security=FOUND, safety="pw"), cfg).value == pytest.approx(0.75)
    assert reward(verdict("pp"), cfg).masked == "the task has no safety tests"


def test_infrastructure_failures_are_masked_never_zero():
    assert reward(verdict("pi"), RewardCfg()).value is None
    assert reward(verdict("pp", security=BROKEN), RewardCfg()).value is None
    assert reward(verdict("pp", security=BROKEN), RewardCfg(variant="function_only")).value == 1.0
    assert reward(verdict("pp", safety="i"), RewardCfg(variant="safety_unit_tests")).value is None


def test_unanalyzable_is_not_clean():
    assert reward(verdict("pp", security=UNANALYZABLE), RewardCfg()).components["r_quality"] == 0.0


def test_a_program_that_nothing_analysed_is_not_quality():
    bare = Verdict("t", Program("x = 1"), (TestOutcome(OutcomeStatus.PASS),), {})
    assert reward(bare, RewardCfg()).components["r_quality"] == 0.0


@given(st.text("pwet", min_size=1, max_size=6), st.sampled_from([CLEAN, FOUND]), st.floats(0, 1))
def test_fixing_a_test_or_a_finding_never_lowers_the_reward(outcomes, security, alpha):
    cfg = RewardCfg(alpha=alpha)
    base = reward(verdict(outcomes, security), cfg).value
    assert reward(verdict("p" + outcomes[1:], security), cfg).value >= base - 1e-12
    assert reward(verdict(outcomes, CLEAN), cfg).value >= base - 1e-12
    assert -1.0 <= base <= 1.0


@pytest.mark.parametrize("bad", [{"alpha": 3.0}, {"alpha": -0.1}, {"variant": "hybird"}, {"checks": ["style"]}])
def test_bad_configuration_is_refused(bad):
    with pytest.raises(UsageError):
        RewardCfg(**bad).check()
