"""One grader per kind of suite: what a worker is asked, and how its reports become outcomes.

Graders live in the grader. They hold the expected values, which no request contains.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol

from real import prelude
from real.execution.attack_grading import AttackGrader
from real.execution.claimed_values import Opaque, decode
from real.execution.compare import literal_prompts, same_text, same_value, without_prompts
from real.execution.expectations import Expectation
from real.execution.fixtures import Ask, Database, Fixtures
from real.execution.jail.isolation import CaseLimits
from real.execution.jail.worker_request import WorkerRequest
from real.execution.limits import output_kb_for
from real.execution.outcomes import claim_of, failed, outcome, text_of, text_with_prompts
from real.execution.worker import CaseReport
from real.source_text import without_mark
from real.types import (
    AttackSuite,
    CallCase,
    CallSuite,
    ExecutionRequest,
    Limits,
    LiteralSuite,
    OutcomeStatus,
    ScriptSuite,
    TestOutcome,
)


class Grader(Protocol):
    """Asks for one request and grades its cases."""

    worker_request: WorkerRequest

    def grade(self, index: int, report: CaseReport) -> TestOutcome:
        """The outcome of the case at ``index``."""


def _limits(limits: Limits, expected_bytes: int = 0) -> CaseLimits:
    """The limits of a case, whose longest expected output has ``expected_bytes``."""
    output_kb = output_kb_for(expected_bytes, limits)
    return CaseLimits(limits.cpu_s, limits.memory_mb, output_kb, limits.file_mb, limits.processes, limits.timeouts)


def _longest(expected: Iterable[object]) -> int:
    """Bytes of the longest of some expected values, as they would be printed."""
    texts = (value if isinstance(value, str) else _printable(value) for value in expected)
    return max((len(text.encode("utf-8", "surrogatepass")) for text in texts), default=0)


class ScriptGrader:
    """Compares what a script prints."""

    def __init__(self, request: ExecutionRequest, suite: ScriptSuite, database: Database | None, protocol: str) -> None:
        stdin: list[Any] = [case.stdin for case in suite.cases]
        files = database.files if database else {}
        limits = _limits(request.limits, _longest(case.expected for case in suite.cases))
        self.worker_request = WorkerRequest("script", request.code, limits, stdin, files)
        self._suite, self._protocol = suite, protocol
        self._prompts = literal_prompts(request.code)

    def grade(self, index: int, report: CaseReport) -> TestOutcome:
        """Pass when the program ended well and printed what is expected; the other protocol's status comes with it."""
        if (ended := failed(report, claim_of(report))) is not None:
            return ended
        expected = self._suite.cases[index].expected
        by_protocol = {"strict": self._strictly(report, expected), "paper": self._as_in_the_paper(report, expected)}
        found = by_protocol.pop(self._protocol)
        (other,) = by_protocol.values()
        return replace(found, other=other.status if other.status is not found.status else None)

    def _strictly(self, report: CaseReport, expected: str) -> TestOutcome:
        output = text_of(report)
        return outcome(_as_expected(same_text(output, expected)), report, output)

    def _as_in_the_paper(self, report: CaseReport, expected: str) -> TestOutcome:
        output = text_with_prompts(report)
        if self._prompts is None:
            return outcome(OutcomeStatus.ERROR, report, output, "a prompt is no literal, which this protocol demands")
        output, expected = (without_prompts(text, self._prompts) for text in (output, expected))
        return outcome(_as_expected(same_text(output, expected, "paper")), report, output)


def _as_expected(right: bool) -> OutcomeStatus:
    return OutcomeStatus.PASS if right else OutcomeStatus.WRONG


class CallGrader:
    """Compares what a function or method returns."""

    def __init__(self, request: ExecutionRequest, suite: CallSuite) -> None:
        cases = [[list(case.args), dict(case.kwargs)] for case in suite.cases]
        supplied = prelude.in_text(request.code) if suite.prelude else None
        limits = _limits(request.limits, _longest(case.expected for case in suite.cases))
        self.worker_request = WorkerRequest(
            "call", request.code, limits, cases, {}, entry=suite.entry, prelude=supplied
        )
        self._cases: tuple[CallCase, ...] = suite.cases

    def grade(self, index: int, report: CaseReport) -> TestOutcome:
        """Pass when a value was returned and equals the expected one."""
        claim = claim_of(report)
        if (ended := failed(report, claim) or _raised(report, claim)) is not None:
            return ended
        return _compared(report, claim, self._cases[index].expected, json_keys=True)


class LiteralGrader:
    """Compares what calls with evaluated arguments return or raise."""

    def __init__(self, request: ExecutionRequest, suite: LiteralSuite, expectations: list[Expectation]) -> None:
        arguments: list[Any] = [case.arguments for case in suite.cases]
        limits = _limits(request.limits, _longest(expectation.value for expectation in expectations))
        self.worker_request = WorkerRequest(
            "literal", request.code, limits, arguments, {}, entry=suite.entry, setup=suite.setup
        )
        self._expectations = expectations

    def grade(self, index: int, report: CaseReport) -> TestOutcome:
        """Pass when the expected value was returned, or an exception of exactly the expected type name was raised."""
        claim = claim_of(report)
        if (ended := failed(report, claim)) is not None:
            return ended
        expected = self._expectations[index]
        if expected.exception is None:
            return _raised(report, claim) or _compared(report, claim, expected.value)
        if claim.get("raised"):
            right = claim.get("type") == expected.exception
            status = OutcomeStatus.PASS if right else OutcomeStatus.WRONG
            return outcome(status, report, detail=str(claim.get("error")))
        return outcome(OutcomeStatus.WRONG, report, detail="returned instead of raising")


def _raised(report: CaseReport, claim: dict[str, Any]) -> TestOutcome | None:
    if not claim.get("raised"):
        return None
    status = OutcomeStatus.MEMORY if claim.get("type") == "MemoryError" else OutcomeStatus.ERROR
    return outcome(status, report, detail=str(claim.get("error")))


def _compared(report: CaseReport, claim: dict[str, Any], expected: object, *, json_keys: bool = False) -> TestOutcome:
    if "value" not in claim:
        return outcome(OutcomeStatus.ERROR, report, detail="the program ended without returning a value")
    try:
        value = decode(claim["value"])
    except ValueError as error:
        return outcome(OutcomeStatus.ERROR, report, detail=f"the returned value cannot be read: {error}")
    right = same_value(value, expected, json_keys=json_keys)
    detail = f"a {value.kind} cannot be compared" if isinstance(value, Opaque) else ""
    return outcome(OutcomeStatus.PASS if right else OutcomeStatus.WRONG, report, _printable(value), detail)


def _printable(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python refuses to print integers of more than 4,300 digits
        return "(a value with an integer too long to print)"


def grader_for(request: ExecutionRequest, protocol: str, fixtures: Fixtures, ask: Ask, run: Ask) -> Grader:
    """The grader of a request; raises ``FixtureError`` where its database or expected values cannot be made.

    ``ask`` has this machine make those, ``run`` runs programs: an attack's grader may want to see more of one.
    """
    request = replace(request, code=without_mark(request.code))
    suite = request.suite
    match suite:
        case ScriptSuite():
            database = fixtures.database(suite.database, ask) if suite.database is not None else None
            return ScriptGrader(request, suite, database, protocol)
        case CallSuite():
            return CallGrader(request, suite)
        case LiteralSuite():
            sources = tuple(case.expected for case in suite.cases)
            return LiteralGrader(request, suite, fixtures.expectations(suite.setup, sources, ask))
        case AttackSuite():
            limits = _limits(request.limits, _longest(case.expected or "" for case in suite.cases))
            return AttackGrader(request, suite, limits, fixtures.database(suite.database, ask), run)
