"""Partial credit, as the released implementation gives it (``reward=hybrid_released``, docs/released_settings.md)."""

from __future__ import annotations

from collections.abc import Sequence

from real.rewards.config import GradingCfg
from real.types import Analysis, AnalysisStatus, OutcomeStatus, TestOutcome, Verdict


def graded_function(outcomes: Sequence[TestOutcome], *, runnable: bool, cfg: GradingCfg) -> float:
    """Mean credit of the tests: 1 for a pass, 0 for a wrong answer, ``cfg.error`` or ``cfg.timeout`` else."""
    if not runnable and cfg.crash is not None:
        return cfg.crash
    return sum(_credit(outcome.status, cfg) for outcome in outcomes) / len(outcomes) if outcomes else 0.0


def graded_quality(verdict: Verdict, cfg: GradingCfg) -> float:
    """The lowest grade that any check gives: 1 less ``cfg.finding`` for each finding, never below 0."""
    if verdict.program.code is None or not verdict.analyses:
        return 0.0
    return min(_grade(analysis, cfg) for analysis in verdict.analyses.values())


def _credit(status: OutcomeStatus, cfg: GradingCfg) -> float:
    if status is OutcomeStatus.PASS:
        return 1.0
    if status is OutcomeStatus.WRONG:
        return 0.0
    return cfg.timeout if status is OutcomeStatus.TIMEOUT else cfg.error


def _grade(analysis: Analysis, cfg: GradingCfg) -> float:
    if analysis.status is AnalysisStatus.CLEAN:
        return 1.0
    if analysis.status is not AnalysisStatus.FINDINGS:
        return cfg.unanalyzable
    grade = 0.0 if cfg.finding is None else max(0.0, 1.0 - cfg.finding * len(analysis.findings))
    return min(grade, cfg.unanalyzable) if analysis.unseen else grade  # to hide findings must not pay
