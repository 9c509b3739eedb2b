"""Runs one candidate through sandbox, annotator and type checker, and says which stage dropped it, if any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from real.datasets.annotate.annotator import LIMITS, Annotator
from real.datasets.annotate.observations import fits
from real.datasets.build.apps_plus.raw import Candidate
from real.execution.backends.base import Backend
from real.typecheck import Checker
from real.types import AnalysisStatus, CallSuite, ExecutionRequest, JsonValue, OutcomeStatus, TestOutcome

RUNS = 2  # a solution that passes once and then fails is flaky
_ENOUGH = 3  # solutions that all fail before the outputs are read the other way
_TRIVIAL: tuple[JsonValue, ...] = (None, True, False, 0, 1, "", [], {})


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
    """The result of one candidate; ``plain`` is the shortest stable solution, ``typed`` the annotated one."""

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

    def __init__(
        self, pool: Backend, annotator: Annotator, paper: Checker, *, solutions: int, drop_trivial: bool = True
    ) -> None:
        self._pool, self._annotator, self._paper = pool, annotator, paper
        self._solutions, self._drop_trivial = solutions, drop_trivial

    def verify(self, found: Candidate) -> Verified:
        """Test the solutions, shortest first, and annotate each that passes until one is typed."""
        if not found.starter:
            return Verified(Stage.NO_SIGNATURE, "neither the row nor a solution defines what the tests call")
        if self._drop_trivial and is_trivial(found.suites[0]):
            return Verified(Stage.TRIVIAL, f"expects {found.suites[0].cases[0].expected!r}")
        order = sorted(range(len(found.solutions)), key=lambda at: (len(found.solutions[at]), at))[: self._solutions]
        failure = Verified(Stage.FAILS)
        for suite in found.suites:
            result = self._with_suite(found, suite, order, last=suite is found.suites[-1])
            if result.plain is not None:
                return result
            failure = result if failure.stage != Stage.FLAKY else failure
        return failure

    def _with_suite(self, found: Candidate, suite: CallSuite, order: Sequence[int], *, last: bool) -> Verified:
        """The candidate under one reading of its outputs, which is the wrong one where solutions fail in a row."""
        plain: str | None = None
        why, stage, tried, checks = "", Stage.FAILS, 0, 0
        for place, at in enumerate(order):
            if plain is None and place == _ENOUGH and not last:
                break
            code = found.solutions[at]
            first = self._run(code, suite)
            if not fits(first):
                why = why or _why(first)
            elif not all(fits(self._run(code, suite)) for _ in range(RUNS - 1)):
                stage = Stage.FLAKY if plain is None else stage
            else:
                plain, stage = plain or code, Stage.UNTYPED
                typed = self._annotator.annotate(code, suite, found.starter)
                tried, checks, why = tried + 1, checks + typed.checks, typed.reason
                if typed.code is not None:
                    clean = self._paper.check([typed.code])[0].status is AnalysisStatus.CLEAN
                    return Verified(
                        Stage.KEPT, "", suite, plain, typed.code, typed.made_by, at, tried, checks, paper_clean=clean
                    )
        return Verified(stage, why, suite if plain is not None else None, plain, tried=tried, checks=checks)

    def _run(self, code: str, suite: CallSuite) -> tuple[TestOutcome, ...]:
        return self._pool.run([ExecutionRequest("verify", code, suite, LIMITS)])[0].outcomes


def is_trivial(suite: CallSuite) -> bool:
    """Whether one constant, such as True or an empty list, is all that the only test asks for."""
    expected = suite.cases[0].expected
    unpacked = expected[0] if isinstance(expected, list) and len(expected) == 1 else expected
    return len(suite.cases) == 1 and any(unpacked == t and type(unpacked) is type(t) for t in _TRIVIAL)


def _why(outcomes: Sequence[TestOutcome]) -> str:
    worst = next(o for o in outcomes if o.status is not OutcomeStatus.PASS)
    return f"{worst.status}: {worst.detail or worst.output}"[:160]
