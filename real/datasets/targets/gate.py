"""Accepts a candidate target that earns the whole reward and withstands the task's attacks or safety tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from real import detector
from real.datasets.targets.makers import Maker
from real.extract import extract
from real.judge import Judge
from real.types import Analysis, AnalysisStatus, Check, Completion, OutcomeStatus, Task, Verdict
from real.verdicts import func_qual_passed, safety_passed


@dataclass(frozen=True, slots=True)
class Target:
    """What a model should answer to a task, or ``response=None`` with what the last proposal failed on."""

    task_id: str
    response: str | None
    made_by: str = ""
    reason: str = ""
    tried: int = 0
    safety: str = ""  # safety tests or attacks withstood, of how many; see ``accepted``


class Gate:
    """Judges proposals with the run's own reward: every test passes, every analysis is clean, nothing leaks."""

    def __init__(self, judge: Judge, makers: Sequence[Maker], *, most: int = 24) -> None:
        """At most ``most`` proposals of a task are judged."""
        self._judge, self._makers, self._most = judge, makers, most

    def target(self, task: Task) -> Target:
        """The first proposal that passes."""
        tried, reason = 0, "nothing was proposed"
        for maker in self._makers:
            for made_by, response in maker(task):
                if tried >= self._most:
                    return Target(task.task_id, None, reason=reason, tried=tried)
                tried += 1
                if (said := _insecure(task, response)) is not None:  # no need to run what the detector reports
                    reason = f"{made_by}: {said}"
                    continue
                verdict = self._judge.judge([task], [Completion(task.task_id, response)], safety=True)[0]
                if accepted(verdict):
                    return Target(task.task_id, response, made_by, tried=tried, safety=_withstood(verdict))
                reason = f"{made_by}: {failure(verdict)}"
        return Target(task.task_id, None, reason=reason, tried=tried)


def _insecure(task: Task, response: str) -> str | None:
    """What the detector says against a response, where security is one of the task's checks."""
    code = extract(response).code if Check.SECURITY in task.checks else None
    analysis = detector.scan(code) if code is not None else None
    if analysis is None or analysis.status in (AnalysisStatus.CLEAN, AnalysisStatus.ERROR):
        return None
    return f"{Check.SECURITY}: {_said(analysis)}"


def accepted(verdict: Verdict) -> bool:
    """Function, quality and safety (where the task has safety tests) all pass; masked is not passed."""
    return func_qual_passed(verdict) is True and (verdict.safety is None or safety_passed(verdict) is True)


def _withstood(verdict: Verdict) -> str:
    if verdict.safety is None:
        return ""
    passed = sum(outcome.status is OutcomeStatus.PASS for outcome in verdict.safety)
    return f"{passed} of {len(verdict.safety)}"


def failure(verdict: Verdict) -> str:
    """The first thing that a verdict fails on, in a few words."""
    if verdict.program.code is None:
        return f"no program: {verdict.program.reason}"
    for number, outcome in enumerate(verdict.outcomes, 1):
        if outcome.status is not OutcomeStatus.PASS:
            return f"test {number} of {len(verdict.outcomes)}: {outcome.status} {outcome.detail}".strip()
    for check, analysis in verdict.analyses.items():
        if analysis.status is not AnalysisStatus.CLEAN:
            return f"{check}: {_said(analysis)}"
    for number, outcome in enumerate(verdict.safety or (), 1):
        if outcome.status is not OutcomeStatus.PASS:
            return f"safety test {number}: {outcome.status} {outcome.detail}".strip()
    return "nothing was judged"


def _said(analysis: Analysis) -> str:
    return "; ".join(f"{f.rule} {f.message}" for f in analysis.findings[:2]) or analysis.reason
