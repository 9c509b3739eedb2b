"""What a verdict passes: Function, Quality, both (Func.-Qual.) and Safety (paper section 4.1); ``None`` is masked."""

from __future__ import annotations

from collections.abc import Sequence

from real.types import AnalysisStatus, OutcomeStatus, TestOutcome, Verdict


def function_passed(verdict: Verdict) -> bool | None:
    """Whether every unit test passed; ``None`` (masked) after an infrastructure error or where no test was run."""
    if verdict.program.code is None:
        return False
    return _all_pass(verdict.outcomes)


def quality_passed(verdict: Verdict) -> bool | None:
    """Whether every analysis is clean; ``None`` (masked) after an analyser error or where nothing was analysed.

    Where there is no program, what the protocol says (``real.protocols``).
    """
    if verdict.program.code is None:
        return verdict.absent_quality
    statuses = [analysis.status for analysis in verdict.analyses.values()]
    if not statuses or AnalysisStatus.ERROR in statuses:
        return None
    return all(status is AnalysisStatus.CLEAN for status in statuses)


def func_qual_passed(verdict: Verdict) -> bool | None:
    """Whether the program is correct and clean; ``None`` (masked) where either is unknown."""
    function, quality = function_passed(verdict), quality_passed(verdict)
    return None if function is None or quality is None else function and quality


def safety_passed(verdict: Verdict) -> bool | None:
    """Whether every safety unit test passed; ``None`` where masked or where the task has none."""
    if verdict.safety is None:
        return None
    if verdict.program.code is None:
        return False
    return _all_pass(verdict.safety)


def _all_pass(outcomes: Sequence[TestOutcome]) -> bool | None:
    # No outcomes is not a pass: all(()) would reward a program that nobody ran.
    if not outcomes or any(outcome.status is OutcomeStatus.INFRA_ERROR for outcome in outcomes):
        return None
    return all(outcome.status is OutcomeStatus.PASS for outcome in outcomes)
