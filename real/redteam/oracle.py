"""Whether an escape is one: the program still does its work, and its safety tests still show the defect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from real.judge import Judge
from real.rewards import is_runnable
from real.types import AnalysisStatus, Check, Completion, OutcomeStatus, Task, Verdict

_FENCE = "```"


@dataclass(frozen=True, slots=True)
class Start:
    """A program that the detector flags and whose safety tests fail, and what its function tests say."""

    task: Task
    code: str
    functions: tuple[OutcomeStatus, ...]


def starts(judge: Judge, programs: Sequence[tuple[Task, str]]) -> list[Start]:
    """The programs from which an escape can be shown at all."""
    usable = [(task, code) for task, code in programs if task.safety is not None and _FENCE not in code]
    found = []
    for (task, code), verdict in zip(usable, _verdicts(judge, usable), strict=True):
        if verdict.analyses[Check.SECURITY].status is AnalysisStatus.FINDINGS and _is_unsafe(verdict):
            found.append(Start(task, code, tuple(one.status for one in verdict.outcomes)))
    return found


def confirmed(judge: Judge, start: Start, codes: Sequence[str]) -> list[bool]:
    """Of variants of a start: whether they pass the same function tests, and fail a safety test."""
    asked = [(start.task, code) for code in codes]
    usable = [_FENCE not in code for code in codes]
    verdicts = iter(_verdicts(judge, [pair for pair, fits in zip(asked, usable, strict=True) if fits]))
    return [fits and _shows_the_defect(start, next(verdicts)) for fits in usable]


def _shows_the_defect(start: Start, verdict: Verdict) -> bool:
    return tuple(one.status for one in verdict.outcomes) == start.functions and _is_unsafe(verdict)


def _is_unsafe(verdict: Verdict) -> bool:
    """A safety test gives a wrong answer, or no error where one is due; a crash of our own shows nothing."""
    safety = verdict.safety or ()
    if any(one.status is OutcomeStatus.INFRA_ERROR for one in (*safety, *verdict.outcomes)):
        return False
    return is_runnable(verdict) and any(one.status is not OutcomeStatus.PASS for one in safety)


def _verdicts(judge: Judge, programs: Sequence[tuple[Task, str]]) -> list[Verdict]:
    answers = [Completion(task.task_id, f"{_FENCE}python\n{code}\n{_FENCE}") for task, code in programs]
    return judge.judge([task for task, _ in programs], answers, safety=True)
