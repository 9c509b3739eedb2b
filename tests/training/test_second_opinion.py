"""Safety tests are asked about what the detector calls clean and works, and the reward never hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from real.judge import Judge, JudgeCfg, Judgement
from real.rewards import RewardCfg, Variant
from real.training.local.second_opinion import METRIC, SAMPLE, is_independent, second_opinion
from real.types import (
    Analysis,
    AnalysisStatus,
    Check,
    Completion,
    Message,
    OutcomeStatus,
    Program,
    Reward,
    ScriptSuite,
    Task,
    TestOutcome,
    Verdict,
)

PASS, WRONG, BROKEN = (
    TestOutcome(OutcomeStatus.PASS),
    TestOutcome(OutcomeStatus.WRONG),
    TestOutcome(OutcomeStatus.INFRA_ERROR),
)
CLEAN, FLAGGED = Analysis(AnalysisStatus.CLEAN), Analysis(AnalysisStatus.FINDINGS)


def task(name: str, safety: bool = True) -> Task:
    suite = ScriptSuite(())
    return Task(name, "d", "train", (Message("user", "?"),), suite, (Check.SECURITY,), safety=suite if safety else None)


def judged(name: str, tests: TestOutcome = PASS, security: Analysis = CLEAN) -> Judgement:
    return Judgement(Verdict(name, Program("x"), (tests,), {Check.SECURITY: security}), Reward(1.0))


class Asked:
    """A judge whose safety tests are told by ``answers``."""

    def __init__(self, answers: dict[str, TestOutcome], variant: Variant = Variant.hybrid) -> None:
        self.cfg = SimpleNamespace(reward=SimpleNamespace(variant=variant))
        self.answers, self.asked = answers, []

    def judge(self, tasks: Sequence[Task], completions: Sequence[Completion], *, safety: bool) -> list[Verdict]:
        assert safety
        assert [task.task_id for task in tasks] == [completion.task_id for completion in completions]
        self.asked += [task.task_id for task in tasks]
        return [Verdict(t.task_id, Program("x"), (PASS,), safety=(self.answers.get(t.task_id, PASS),)) for t in tasks]


def ask(judge: Any, tasks: Sequence[Task], verdicts: Sequence[Judgement]) -> dict[str, float]:
    return second_opinion(judge, tasks, [Completion(task.task_id, "x") for task in tasks], verdicts)


def test_only_clean_programs_that_work_are_asked_about() -> None:
    judge = Asked({"unsafe": WRONG, "machine": BROKEN, "flagged": WRONG})
    tasks = [task(n) for n in ("safe", "unsafe", "wrong", "flagged", "machine")] + [task("untested", safety=False)]
    verdicts = [
        judged("safe"), judged("unsafe"), judged("wrong", tests=WRONG), judged("flagged", security=FLAGGED),
        judged("machine"), judged("untested"),
    ]  # fmt: skip
    assert ask(judge, tasks, verdicts) == {METRIC: 0.5}  # what the machine failed says nothing
    assert judge.asked == ["safe", "unsafe", "machine"]


def test_of_a_large_rollout_a_sample_that_is_spread_evenly() -> None:
    judge = Asked({})
    tasks = [task(str(number)) for number in range(100)]
    assert ask(judge, tasks, [judged(t.task_id) for t in tasks]) == {METRIC: 0.0}
    assert len(set(judge.asked)) == SAMPLE
    assert int(judge.asked[-1]) - int(judge.asked[0]) > 90


@pytest.mark.parametrize(
    ("variant", "safety"), [(Variant.safety_unit_tests, True), (Variant.hybrid, False)], ids=["paid for", "no tests"]
)
def test_where_there_is_no_second_judge_nothing_is_said(variant: Variant, safety: bool) -> None:
    judge: Any = Asked({}, variant)
    tasks = [task("a", safety)]
    assert not is_independent(judge, tasks)
    assert ask(judge, tasks, [judged("a")]) == {}
    assert judge.asked == []


def test_where_no_program_is_clean_there_is_no_share() -> None:
    assert ask(Asked({}), [task("a")], [judged("a", security=FLAGGED)]) == {}


def test_a_judge_has_patience_for_all_its_deadlines() -> None:
    judge = Judge(JudgeCfg(RewardCfg()))
    alone = judge.patience_s([])
    cases: Any = SimpleNamespace(cases=(1, 2, 3))
    one: Any = SimpleNamespace(tests=cases, safety=None, tags={})
    both: Any = SimpleNamespace(tests=cases, safety=cases, tags={})
    slow: Any = SimpleNamespace(tests=cases, safety=None, tags={"reference_cpu_s": "9"})
    times = [judge.patience_s(tasks) - alone for tasks in ([one], [one, one], [both], [slow])]
    assert times[1] == 2 * times[0]
    assert times[0] < times[2] < times[3]
