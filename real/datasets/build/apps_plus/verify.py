"""One candidate through the sandbox, the annotator and the checker: what becomes of it, and at which stage it fell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from real.datasets.annotate.annotator import LIMITS, Annotator, Typed
from real.datasets.annotate.observe import fits
from real.datasets.build.apps_plus.raw import Candidate
from real.execution import Pool
from real.typecheck import Checker
from real.types import AnalysisStatus, CallSuite, Job, OutcomeStatus, TestOutcome

RUNS = 2  # a solution whose runs disagree is flaky
_TRIVIAL = (None, True, False, 0, 1, "", [], {})


@dataclass(frozen=True, slots=True)
class Stage:
    """A filter of the funnel, in order; what it drops carries its name."""

    READS_STDIN = "reads standard input"
    BAD = "cannot be read"
    TRIVIAL = "a single trivial test"
    NO_SIGNATURE = "no signature"
    FAILS = "no solution passes its tests"
    FLAKY = "flaky"
    UNTYPED = "no solution could be typed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of a candidate; ``plain`` is the shortest stable solution, ``typed`` the annotated one."""

    stage: str
    reason: str = ""
    suite: CallSuite | None = None
    plain: str | None = None
    typed: str | None = None
    made_by: str = ""  # which annotator made ``typed``
    solution: int = -1  # the place of the solution behind ``typed`` in the raw row
    tried: int = 0  # solutions shown to the annotator
    checks: int = 0  # programs shown to the type checker
    paper_clean: bool = False  # ``typed`` is clean for the paper's policy too


class Verifier:
    """Verifies candidates one at a time, from any thread; owns nothing."""

    def __init__(self, pool: Pool, annotator: Annotator, paper: Checker, *, solutions: int) -> None:
        self._pool, self._annotator, self._paper = pool, annotator, paper
        self._solutions = solutions

    def verify(self, found: Candidate) -> Verified:
        """Test the solutions, shortest first, and annotate the first that can be."""
        if not found.starter:
            return Verified(Stage.NO_SIGNATURE, "neither the row nor a solution defines what the tests call")
        if is_trivial(found.suites[0]):
            return Verified(Stage.TRIVIAL, f"expects {found.suites[0].cases[0].expected!r}")
        order = sorted(range(len(found.solutions)), key=lambda at: (len(found.solutions[at]), at))[: self._solutions]
        suite, passing, reason = self._passing(found, order)
        if suite is None:
            return Verified(Stage.FLAKY if reason == Stage.FLAKY else Stage.FAILS, reason)
        plain = found.solutions[passing[0]]
        checks, why, last = 0, "", Typed(None)
        for tried, at in enumerate(passing, 1):
            last = self._annotator.annotate(found.solutions[at], suite, found.starter)
            checks += last.checks
            why = last.reason
            if last.code is not None:
                clean = self._paper.check([last.code])[0].status is AnalysisStatus.CLEAN
                return Verified(Stage.KEPT, "", suite, plain, last.code, last.made_by, at, tried, checks, clean)
        return Verified(Stage.UNTYPED, why, suite, plain, tried=len(passing), checks=checks)

    def _passing(self, found: Candidate, order: Sequence[int]) -> tuple[CallSuite | None, list[int], str]:
        """The reading of the outputs under which solutions pass, and those that pass it every time."""
        reason = ""
        for suite in found.suites:
            passing, flaky = [], False
            for at in order:
                runs = [self._run(found.solutions[at], suite) for _ in range(RUNS)]
                if [o.status for o in runs[0]] != [o.status for o in runs[1]]:
                    flaky = True
                elif fits(runs[0]):
                    passing.append(at)
                else:
                    reason = reason or _why(runs[0])
                if not passing and at == order[min(2, len(order) - 1)] and suite is not found.suites[-1]:
                    break  # three solutions that all fail: the outputs are to be read the other way
            if passing:
                return suite, passing, ""
            if flaky:
                reason = Stage.FLAKY
        return None, [], reason

    def _run(self, code: str, suite: CallSuite) -> tuple[TestOutcome, ...]:
        return self._pool.run([Job("verify", code, suite, LIMITS)])[0].outcomes


def is_trivial(suite: CallSuite) -> bool:
    """Whether one constant, such as True or an empty list, is all that the only test asks for."""
    expected = suite.cases[0].expected
    unpacked = expected[0] if isinstance(expected, list) and len(expected) == 1 else expected
    return len(suite.cases) == 1 and any(unpacked == t and type(unpacked) is type(t) for t in _TRIVIAL)


def _why(outcomes: Sequence[TestOutcome]) -> str:
    worst = next(o for o in outcomes if o.status is not OutcomeStatus.PASS)
    return f"{worst.status}: {worst.detail or worst.output}"[:160]
