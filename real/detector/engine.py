"""One analysis from source text to ``Analysis``: parse, lower, solve, and turn every failure into a status."""

from __future__ import annotations

from collections.abc import Sequence

from real.detector.library import BUILTINS
from real.detector.limits import UnanalyzableError, parse
from real.detector.lower import ProgramLowerer
from real.detector.rule import Rule
from real.detector.taint import Solver
from real.types import Analysis, AnalysisStatus


def analyse(code: str, rules: Sequence[Rule]) -> Analysis:
    """Analyse ``code`` under ``rules``; never raises."""
    try:
        program = ProgramLowerer(parse(code), BUILTINS).run()
        findings = Solver(program, rules).solve()
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
