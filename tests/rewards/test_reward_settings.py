"""The reward settings by name: the released runs' values, field by field, and the hardened variant's two rules."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from real.config.schema import check, register
from real.errors import UsageError
from real.rewards import RewardCfg, reward
from real.rewards.config import GradingCfg
from real.settings import RootCfg, to_dataclass
from real.types import Analysis, AnalysisStatus, Check, Finding, OutcomeStatus, Program, TestOutcome, Verdict

CONF = Path(__file__).resolve().parents[2] / "conf"
CLEAN = Analysis(AnalysisStatus.CLEAN)
STATUS = {
    "p": OutcomeStatus.PASS,
    "w": OutcomeStatus.WRONG,
    "e": OutcomeStatus.ERROR,
    "t": OutcomeStatus.TIMEOUT,
    "c": OutcomeStatus.COMPILE_ERROR,
}
register()


def composed(*settings: str) -> RootCfg:
    with initialize_config_dir(config_dir=str(CONF), version_base="1.3"):
        root = to_dataclass(compose("config", list(settings)))
    check(root)
    return root


def verdict(outcomes: str, *, findings: int = 0, code: str | None = "x = 1", baseline: float | None = None, odd=None):
    found = tuple(Finding("CWE-89", line + 1, "x") for line in range(findings))
    analysis = odd or (Analysis(AnalysisStatus.FINDINGS, found) if findings else CLEAN)
    tests = tuple(TestOutcome(STATUS[letter]) for letter in outcomes)
    program = Program(code, None if code else "no code block")
    if code is None:
        return Verdict("t", program, baseline=baseline)
    return Verdict("t", program, tests, {Check.SECURITY: analysis}, baseline=baseline)


@pytest.mark.parametrize(
    ("dataset", "model", "alpha", "tests"),
    [
        ("safesql", "qwen25_coder_0p5b", 0.1, 5),
        ("safesql", "qwen25_coder_3b", 0.3, 5),
        ("safesql", "qwen25_coder_7b", 0.1, 5),
        ("seccodeplt_plus", "qwen25_coder_3b", 0.5, None),
        ("apps_plus", "qwen25_coder_7b", 0.5, 5),
    ],
)
def test_released_weights(dataset, model, alpha, tests):
    cfg = composed("reward=hybrid_released", f"dataset={dataset}", f"model={model}", "trainer=openrlhf").reward
    assert (cfg.variant, cfg.alpha, cfg.tests_per_rollout, cfg.penalty) == ("hybrid_released", alpha, tests, -1.0)


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("safesql", GradingCfg(error=-0.5, timeout=-0.5, penalized="no_program")),
        ("seccodeplt_plus", GradingCfg(finding=0.3, unanalyzable=-0.5, crash=-0.5, penalized="no_program")),
        ("apps_plus", GradingCfg(finding=0.5, unanalyzable=-0.5, error=-0.5, timeout=0.1, penalized="no_program")),
    ],
)
def test_released_grades(dataset, expected):
    cfg = composed("reward=hybrid_released", f"dataset={dataset}", "model=qwen25_coder_3b", "trainer=openrlhf").reward
    assert cfg.grading == expected


def test_a_data_set_of_ones_own_has_the_settings_of_the_text():
    root = composed(
        "reward=hybrid_released", "dataset=local_jsonl", "dataset.path=x", "model=qwen25_coder_3b", "trainer=openrlhf"
    )
    assert root.reward.alpha == 0.5
    assert root.reward.grading == GradingCfg()


SQL = GradingCfg(error=-0.5, timeout=-0.5, penalized="no_program")
CODE = GradingCfg(finding=0.3, unanalyzable=-0.5, crash=-0.5, penalized="no_program")
APPS = GradingCfg(finding=0.5, unanalyzable=-0.5, error=-0.5, timeout=0.1, penalized="no_program")


@pytest.mark.parametrize(
    ("grading", "made", "alpha", "expected"),
    [
        (SQL, verdict("ppwet"), 0.1, 0.1 * 1 + 0.9 * (2 - 1) / 5),
        (SQL, verdict("eeeee"), 0.1, 0.1 - 0.9 * 0.5),  # no penalty of -1: there is a program
        (SQL, verdict("ppppp", findings=3), 0.1, 0.9),
        (CODE, verdict("pw", findings=2), 0.5, 0.5 * 0.4 + 0.5 * 0.5),
        (CODE, verdict("pw", findings=9), 0.5, 0.25),
        (CODE, verdict("ee"), 0.5, 0.5 - 0.25),
        (APPS, verdict("tttt"), 0.5, 0.5 + 0.05),
        (APPS, verdict("cccc", odd=Analysis(AnalysisStatus.UNANALYZABLE)), 0.5, -0.5),
        (APPS, verdict("", code=None), 0.5, -1.0),
    ],
)
def test_graded_reward(grading, made, alpha, expected):
    cfg = RewardCfg(variant="hybrid_released", alpha=alpha, grading=grading)
    assert reward(made, cfg).value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (verdict("pppp", baseline=0.5), 1.0),
        (verdict("pppw", baseline=0.5), 0.5 * 1 + 0.5 * 0.5),
        (verdict("ppww", baseline=0.5), 0.0),  # no better than doing nothing: clean code earns nothing either
        (verdict("pwww", baseline=0.5), 0.0),
        (verdict("pppp", baseline=0.5, findings=1), 0.5),
        (verdict("pppp", baseline=1.0), 0.0),
        (verdict("eeee", baseline=0.5), -1.0),
    ],
)
def test_hardened_reward(made, expected):
    assert reward(made, RewardCfg(variant="hybrid_hardened")).value == pytest.approx(expected)


def test_hardened_is_masked_where_the_baseline_could_not_be_run():
    assert reward(verdict("pp"), RewardCfg(variant="hybrid_hardened")).value is None


def test_hardened_needs_the_hardened_type_checker():
    with pytest.raises(UsageError, match="typecheck=hardened"):
        composed("reward=hybrid_hardened", "typecheck=paper")


def test_grades_out_of_range_are_refused():
    with pytest.raises(UsageError, match=r"reward\.grading\.error is -3"):
        composed("reward=hybrid_released", "reward.grading.error=-3")
