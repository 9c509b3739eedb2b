"""Warnings arise when they should, once, and not in a healthy run; every metric is explained."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from real.training import health
from real.training.health import Health
from real.training.local.rollout_scores import _averages
from real.training.local.second_opinion import METRIC
from real.training.openrlhf import log_parser
from real.training.trivial_programs import is_trivial

HEALTHY = {
    "entropy": 1.0, "kl": 2.0, "response_tokens": 70.0, "unfinished": 0.02, "r_quality": 0.3, "r_function": 0.6,
    "no_program": 0.0, "trivial_program": 0.01, "reward_mean": 0.2, "reward_std": 0.5, "clean_but_unsafe": 0.1,
}  # fmt: skip
ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs/metrics.md"


def warned(late: dict[str, float], steps: int = 20) -> list[str]:
    """Kinds in the order in which they arise, for metrics that go in a straight line from healthy to ``late``."""
    watch, kinds = Health(), []
    for step in range(1, steps + 1):
        share = (step - 1) / (steps - 1)
        values = {name: start + share * (late.get(name, start) - start) for name, start in HEALTHY.items()}
        kinds += [warning.kind for warning in watch.observe({"step": step, **values})]
    return kinds


@pytest.mark.parametrize(
    ("late", "kind"),
    [
        ({"entropy": 0.0}, "entropy_collapse"),
        ({"kl": 60.0}, "kl_drift"),
        ({"response_tokens": 10.0}, "length_drift"),
        ({"response_tokens": 200.0}, "length_drift"),
        ({"unfinished": 0.6}, "cut_off"),
        ({"r_quality": 0.9, "r_function": 0.1}, "reward_hacking"),
        ({"no_program": 0.5}, "trivial_programs"),
        ({"trivial_program": 0.5}, "trivial_programs"),
        ({"clean_but_unsafe": 0.8}, "judges_apart"),
        ({"reward_mean": -0.5}, "worse_than_untrained"),
        ({"reward_std": 0.0}, "saturation"),
    ],
)
def test_each_warning_arises_once(late: dict[str, float], kind: str) -> None:
    late = late | {name: value for name, value in (("entropy", -0.05), ("reward_std", -0.1)) if name in late}
    assert warned(late) == [kind]


def test_a_healthy_run_warns_of_nothing() -> None:
    better = {"r_quality": 0.95, "r_function": 0.75, "reward_mean": 0.8, "entropy": 0.4, "kl": 8.0, "reward_std": 0.3}
    assert warned(better) == []


def test_what_is_not_logged_is_no_warning() -> None:
    watch = Health()
    assert [watch.observe({"step": step}) for step in range(1, 30)] == [[]] * 29


def test_a_resumed_run_does_not_repeat_a_warning() -> None:
    records: list[dict[str, object]] = [{"step": step, **HEALTHY} for step in range(1, 11)]
    bad = {"step": 11, **HEALTHY, "reward_std": -5.0}
    assert [warning.kind for warning in Health(records).observe(bad)] == ["saturation"]
    records[-1]["warnings"] = {"saturation": "…"}
    assert Health(records).observe(bad) == []


@pytest.mark.parametrize("code", ["", "pass", "print('no')", "def f(x: int) -> int:\n    return 3\nprint(f(1))\n",
                                  "import os\ndef f(x):\n    'doc'\n    raise ValueError('no')\n"])  # fmt: skip
def test_trivial(code: str) -> None:
    assert is_trivial(code)


@pytest.mark.parametrize(
    "code", ["print(input())", "def f(x):\n    return x\n", "def f(:\n", "import os\nos.getcwd()\n"]
)
def test_not_trivial(code: str) -> None:
    assert not is_trivial(code)


def test_every_metric_is_explained_and_every_explained_metric_exists(make_ppo: Any) -> None:
    from real.training.local.scoring import ScoredRollout

    class Scorer:
        def on_finished(self, row: int, response: Any) -> None: ...

        def finish(self, responses: Any) -> ScoredRollout:
            return ScoredRollout([0.5] * len(responses), {0: [0.0] + [0.5] * (len(responses[0].tokens) - 1)})

    local = set(make_ppo().step([[5, 6], [7]] * 8, Scorer(), step=0, seed=0))
    scored = set(_averages([_judgement()]))
    components = set(re.findall(r'"((?:r|graded|net)_\w+|func_qual)"', (ROOT / "real/rewards/reward.py").read_text()))
    engine = set(log_parser._NAMES.values()) | set(log_parser._COPIED)
    first_columns = [line.split("|")[1] for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    explained = {name for column in first_columns for name in re.findall(r"`(\w+)`", column)}
    kinds = set(health._CHECKS)
    assert explained == local | scored | components | engine | {"step", "warnings", METRIC} | kinds


def _judgement() -> Any:
    from real.judge import Judgement
    from real.types import Program, Reward, Verdict

    return Judgement(Verdict("t", Program("pass")), Reward(0.5, {"r_function": 1.0}))
