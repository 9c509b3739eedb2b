"""Annotates a solution: observe, annotate, then repair what MyPy reports, as long as it gets better."""

from __future__ import annotations

import ast
import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from real.datasets.annotate.initial import annotate
from real.datasets.annotate.normalise import normalise
from real.datasets.annotate.observations import Observations, fits, observe
from real.datasets.annotate.program import Program
from real.datasets.annotate.repairs import FALLBACK, REPAIRS
from real.execution.backends.base import Backend
from real.typecheck import Checker, Submission
from real.types import Analysis, AnalysisStatus, CallSuite, ExecutionRequest, Finding, Limits

CHECKS = 60  # programs shown to MyPy for one solution, at most
LIMITS = Limits(cpu_s=10.0)  # those of scoring, which gives the programs of a task whose reference is slow more time
_FILLERS = ("int", "str", "object")


@dataclass(frozen=True, slots=True)
class Typed:
    """An annotated program, or ``code=None`` with the reason; ``checks`` is how many programs MyPy looked at."""

    code: str | None
    reason: str = ""
    checks: int = 0
    made_by: str = "observed values"


class Annotator:
    """Owns nothing: ``pool`` runs tests, ``checker`` is the judge that has to be silent in the end."""

    def __init__(self, pool: Backend, checker: Checker) -> None:
        self._pool = pool
        self._checker = checker

    def annotate(self, code: str, suite: CallSuite, starter: str | None) -> Typed:
        """A program that passes ``suite`` and the checker, made of ``code``."""
        try:
            plain = normalise(code, suite.entry, starter)
        except (SyntaxError, RecursionError) as error:
            return Typed(None, f"cannot be parsed: {error}")
        if not self.passes(plain, suite):
            return Typed(None, "normalised, it fails a test")
        observations = observe(self._pool, plain, suite)
        if observations.reason:
            return Typed(None, f"not observed: {observations.reason}")
        return self._search(plain, observations, suite, starter)

    def passes(self, code: str, suite: CallSuite) -> bool:
        """Whether every test passes in the sandbox."""
        return fits(self._pool.run([ExecutionRequest("annotate", code, suite, LIMITS)])[0].outcomes)

    def _search(self, plain: str, observed: Observations, suite: CallSuite, starter: str | None) -> Typed:
        """Best-first over repairs: the program with the fewest findings is worked on next."""
        order = itertools.count()
        waiting: list[tuple[int, int, str, str, Analysis]] = []
        known: set[str] = set()
        checks = 0
        fresh = _starts(plain, observed)
        last = "no candidate"
        while True:
            fresh = [(text, filler) for text, filler in fresh if not (text in known or known.add(text))]  # type: ignore[func-returns-value]
            fresh = fresh[: CHECKS - checks]
            checks += len(fresh)
            analyses = self._checker.check([Submission(text, starter) for text, _ in fresh])
            for (text, filler), analysis in zip(fresh, analyses, strict=True):
                if analysis.status is AnalysisStatus.CLEAN:
                    if self.passes(text, suite):
                        return Typed(text, checks=checks)
                    last = "annotated, it fails a test"
                elif analysis.status is AnalysisStatus.FINDINGS:
                    heapq.heappush(waiting, (len(analysis.findings), next(order), text, filler, analysis))
            if not waiting or checks >= CHECKS:
                break
            _, _, text, filler, analysis = heapq.heappop(waiting)
            first = analysis.findings[0]
            last = f"{first.rule}: {first.message}"
            fresh = _successors(text, filler, analysis.findings, observed)
        return Typed(None, last, checks)


def _starts(plain: str, observed: Observations) -> list[tuple[str, str]]:
    found = []
    for filler in _FILLERS:
        program = Program(plain, observed.seen, filler)
        guessed = annotate(program.tree, observed.seen, filler)
        found.append((program.text(), filler))
        if not guessed:
            break
    return found


def _successors(text: str, filler: str, findings: Sequence[Finding], observed: Observations) -> list[tuple[str, str]]:
    """All findings repaired by their first repair that applies, then each repair of the first findings alone."""
    texts: list[str] = []
    program = Program(text, observed.seen, filler)
    lines: set[int] = set()
    done = False
    for finding in findings:
        if finding.line in lines:
            continue
        for repair in REPAIRS.get(finding.rule, FALLBACK):
            if repair(program, finding):
                lines.add(finding.line)
                done = True
                break
    if done:
        texts.append(_written(program))
    for finding in findings[:3]:
        for repair in (*REPAIRS.get(finding.rule, ()), *FALLBACK):
            program = Program(text, observed.seen, filler)
            if repair(program, finding):
                texts.append(_written(program))
    return [(written, filler) for written in dict.fromkeys(texts) if written]


def _written(program: Program) -> str:
    try:
        text = program.text()
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return ""
    return text
