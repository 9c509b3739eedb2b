"""Whose failure is it when an analyser fails on a program? The one rule, for the detector and the type checker.

A program must never be able to decide that it is not judged. Analysers have faults: there are programs that crash MyPy,
exhaust its stack or its memory, or keep it busy for ever. A failure that a program provokes twice, and that a program
without anything in it does not suffer, is the program's: it is ``UNANALYZABLE``, which is never clean. Only what the
harmless program suffers too is the machine's, an ``ERROR``, which masks the sample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from real.types import Analysis, AnalysisStatus

HARMLESS = "x = 1\n"

P = TypeVar("P")


def attributed(check: Callable[[P], Analysis], program: P, harmless: P) -> Analysis:
    """The analysis of ``program`` by ``check``, whose failures have the status ``ERROR``.

    After a failure ``check`` is asked again, in a process of its own where it has any, and then for ``harmless``, which
    is ``HARMLESS`` in the place of the program with everything else (starter code, rules) the same.
    """
    analysis = check(program)
    if analysis.status is not AnalysisStatus.ERROR:
        return analysis
    analysis = check(program)
    if analysis.status is not AnalysisStatus.ERROR:
        return analysis
    control = check(harmless)
    if control.status is AnalysisStatus.ERROR:
        reason = analysis.reason if control.reason == analysis.reason else f"{analysis.reason}; {control.reason}"
        return replace(analysis, reason=f"{reason}, and so on a program without anything in it")
    return Analysis(AnalysisStatus.UNANALYZABLE, reason=analysis.reason, analyser_failed=True)
