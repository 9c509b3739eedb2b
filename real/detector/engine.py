"""One analysis from source text to ``Analysis``: parse, lower, solve, report, and turn every failure into a status."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from real.detector.analysis.ruleset import RuleSet
from real.detector.analysis.solver import Solver
from real.detector.frontend.build import build
from real.detector.limits import MAX_SECONDS, Budget, UnanalyzableError
from real.detector.reporting import report
from real.detector.rule import Rule
from real.types import Analysis, AnalysisStatus, Finding


def analyse(code: str, rules: Sequence[Rule], seconds: float = MAX_SECONDS, *, is_imported: bool = False) -> Analysis:
    """Analyse ``code`` under ``rules`` for at most ``seconds`` of CPU; never raises. ``is_imported``: see ``scan``."""
    try:
        findings = _findings(code, tuple(rules), Budget(seconds), is_imported=is_imported)
    except UnanalyzableError as error:
        return Analysis(AnalysisStatus.UNANALYZABLE, reason=str(error))
    except RecursionError:
        return Analysis(AnalysisStatus.UNANALYZABLE, reason="the source is nested too deeply to analyse")
    except (
        Exception
    ) as error:  # contained on purpose: one program must not end a training run, and ERROR is never clean
        return Analysis(AnalysisStatus.ERROR, reason=f"detector failure: {type(error).__name__}: {error}")
    if findings:
        return Analysis(AnalysisStatus.FINDINGS, tuple(findings))
    return Analysis(AnalysisStatus.CLEAN)


def _findings(code: str, rules: tuple[Rule, ...], budget: Budget, *, is_imported: bool) -> list[Finding]:
    program, escapes = build(code)
    solver = Solver(program, _compiled(rules), budget, escapes, is_imported=is_imported)
    solver.solve()
    findings = report(solver, rules)
    for instr, (unit, what) in solver.records.dynamic.items() if not findings else ():
        # Code made from text that no rule reports can hide anything; where there are findings, they say more.
        if not solver.guards.runs_outside_text(unit, instr):
            raise UnanalyzableError(f"dynamic code: {what} (line {instr.line})")
    return findings


@lru_cache(maxsize=64)
def _compiled(rules: tuple[Rule, ...]) -> RuleSet:
    return RuleSet(rules)
