"""Safety tests as a second judge of what the detector calls clean: the reward never sees what they say.

A policy that learns what the detector overlooks, instead of writing secure programs, raises its reward all the same.
The share of its clean programs that a safety test proves insecure then grows.
"""

from __future__ import annotations

from collections.abc import Sequence

from real.judge import Judge, Judgement
from real.rewards import Variant
from real.types import AnalysisStatus, Check, Completion, Task
from real.verdicts import function_passed, safety_passed

METRIC = "clean_but_unsafe"
SAMPLE = (
    16  # programs of a rollout at most: five rollouts are then 80, and the standard error of their share below 0.06
)


def is_independent(judge: Judge, tasks: Sequence[Task]) -> bool:
    """Whether there are safety tests to ask that are not what the reward pays for."""
    return judge.cfg.reward.variant != Variant.safety_unit_tests and any(task.safety is not None for task in tasks)


def second_opinion(
    judge: Judge, tasks: Sequence[Task], completions: Sequence[Completion], judged: Sequence[Judgement]
) -> dict[str, float]:
    """The share, of programs that pass their tests and have no security finding, that fails a safety test.

    Of at most ``SAMPLE`` programs, spread evenly over the rollout. Empty where there is none to ask about, or where the
    safety tests are part of the reward.
    """
    if not is_independent(judge, tasks):
        return {}
    rows = [
        row
        for row, (verdict, _) in enumerate(judged)
        if tasks[row].safety is not None
        and (security := verdict.analyses.get(Check.SECURITY)) is not None
        and security.status is AnalysisStatus.CLEAN
        and function_passed(verdict)
    ]
    chosen = [rows[number * len(rows) // SAMPLE] for number in range(SAMPLE)] if len(rows) > SAMPLE else rows
    asked = judge.judge([tasks[row] for row in chosen], [completions[row] for row in chosen], safety=True)
    answers = [safe for verdict in asked if (safe := safety_passed(verdict)) is not None]
    return {METRIC: answers.count(False) / len(answers)} if answers else {}
