"""One grader per kind of suite: what a worker is asked, and how its reports become outcomes.

Graders live in the grader. They hold the expected values, which no request contains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from real import prelude
from real.execution import paper_rules
from real.execution.attack_grading import AttackGrader
from real.execution.claimed_values import Opaque, decode
from real.execution.compare import same_text, same_value
from real.execution.expectations import Expectations
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
    StdinCase,
    TestOutcome,
)

_Same = Callable[[object, object], bool]


class Grader(Protocol):
    """Asks for one request and grades its cases."""

    worker_request: WorkerRequest

    def grade(self, index: int, report: CaseReport) -> TestOutcome:
        """The outcome of the case at ``index``."""


def _limits(limits: Limits, expected_bytes: int = 0) -> CaseLimits:
    """The limits of a case, whose longest expected output has ``expected_bytes``."""
    output_kb = output_kb_for(expected_bytes, limits)
    cpu_s = max(limits.cpu_s, limits.paper_s)  # as long as either protocol lets it run
    return CaseLimits(cpu_s, limits.memory_mb, output_kb, limits.file_mb, limits.processes, limits.timeouts)


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
        self._suite, self._protocol, self._limits = suite, protocol, request.limits
        self._counts_prompts = request.counts_prompts
        self._prompts = paper_rules.prompts_in(request.code)

    def grade(self, index: int, report: CaseReport) -> TestOutcome:
        """Pass when the program ended well and printed what is expected; the other protocol's status comes with it."""
        if (ended := failed(report, claim_of(report))) is not None:
            return ended
        case = self._suite.cases[index]
        output = text_of(report)
        strict = outcome(_as_expected(same_text(output, case.expected)), report, output)
        return _by_protocol(self._protocol, self._limits, report, strict, self._as_in_the_paper(report, case))

    def _as_in_the_paper(self, report: CaseReport, case: StdinCase) -> TestOutcome:
        output, prompts, lines = text_with_prompts(report), len(self._prompts), paper_rules.input_lines(case.stdin)
        if self._counts_prompts and prompts != lines:
            detail = f"{prompts} literal prompts in the program and {lines} lines of input: paper wants as many"
            return outcome(OutcomeStatus.WRONG, report, output, detail)
        return outcome(_as_expected(paper_rules.same_printed(output, case.expected, self._prompts)), report, output)


def _as_expected(right: bool) -> OutcomeStatus:
    return OutcomeStatus.PASS if right else OutcomeStatus.WRONG


def _by_protocol(
    protocol: str,
    limits: Limits,
    report: CaseReport,
    strict: TestOutcome,
    paper: TestOutcome,
    paper_cpu: float | None = None,
) -> TestOutcome:
    """The outcome by ``protocol``, with the status by the other one; a run as long as one allows may be late for one.

    ``paper_cpu``: the CPU seconds that count for the paper, where they are not those of this case.
    """
    if limits.paper_s > limits.cpu_s < report.cpu:
        strict = _late(report, report.cpu, limits.cpu_s)
    spent = report.cpu if paper_cpu is None else paper_cpu
    if 0 < limits.paper_s < spent:
        paper = _late(report, spent, limits.paper_s)
    found, other = (paper, strict) if protocol == "paper" else (strict, paper)
    return replace(found, other=other.status if other.status is not found.status else None)


def _late(report: CaseReport, spent: float, limit: float) -> TestOutcome:
    return outcome(OutcomeStatus.TIMEOUT, report, detail=f"{spent:.2f} s CPU, and the limit is {limit:g}")


class CallGrader:
    """Compares what a function or method returns."""

    def __init__(self, request: ExecutionRequest, suite: CallSuite, protocol: str) -> None:
        cases = [[list(case.args), dict(case.kwargs)] for case in suite.cases]
        supplied = prelude.in_text(request.code) if suite.prelude else None
        limits = _limits(request.limits, _longest(case.expected for case in suite.cases))
        self.worker_request = WorkerRequest(
            "call", request.code, limits, cases, {}, entry=suite.entry, prelude=supplied
        )
        self._cases: tuple[CallCase, ...] = suite.cases
        self._protocol, self._limits = protocol, request.limits

    def grade(self, index: int, report: CaseReport) -> TestOutcome:
        """Pass when a value was returned and equals the expected one; with the other protocol's status."""
        claim = claim_of(report)
        if (ended := failed(report, claim) or _raised(report, claim)) is not None:
            return ended
        expected = self._cases[index].expected
        strict = _compared(report, claim, expected, partial(same_value, json_keys=True))
        paper = _compared(report, claim, expected, paper_rules.same_returned)
        if report.complained and paper.status is OutcomeStatus.PASS:
            paper = replace(paper, status=OutcomeStatus.ERROR, detail="text on standard error, such as a warning")
        return _by_protocol(self._protocol, self._limits, report, strict, paper)


class LiteralGrader:
    """Compares what calls with evaluated arguments return or raise.

    ``confirm`` evaluates what was presumed of the expected values; raises ``FixtureError`` where the set-up fails.
    """

    def __init__(
        self,
        request: ExecutionRequest,
        suite: LiteralSuite,
        expectations: Expectations,
        protocol: str,
        confirm: Callable[[], Expectations],
    ) -> None:
        arguments: list[Any] = [case.arguments for case in suite.cases]
        limits = _limits(request.limits, _longest(expectation.value for expectation in expectations.each))
        self.worker_request = WorkerRequest(
            "literal", request.code, limits, arguments, {}, entry=suite.entry, setup=suite.setup
        )
        self._expectations, self._confirm = expectations, confirm
        self._protocol, self._limits = protocol, request.limits
        self._spent = [0.0] * len(suite.cases)  # CPU seconds of each case: for the paper they count together

    def grade(self, index: int, report: CaseReport) -> TestOutcome:
        """Pass when the expected value was returned, or an exception of exactly the expected type name was raised.

        The other protocol's status comes with it.
        """
        self._spent[index] = report.cpu
        claim = claim_of(report)
        # What claims a call was called, hence loaded after a set-up that did not fail: no program runs otherwise.
        if not ("value" in claim or claim.get("raised")):
            self.confirm()
        if (ended := failed(report, claim)) is not None:
            return ended
        expected = self._expectations.each[index]
        if expected.exception is not None:
            strict = paper = _raised_as(report, claim, expected.exception)
        elif (raised := _raised(report, claim)) is not None:
            strict = paper = raised
        else:
            strict = _compared(report, claim, expected.value, same_value)
            paper = _compared(report, claim, expected.value, paper_rules.array_equal)
        return _by_protocol(self._protocol, self._limits, report, strict, paper, sum(self._spent[: index + 1]))

    def confirm(self) -> None:
        """Evaluate what is only presumed; raises ``FixtureError`` where the set-up fails."""
        if self._expectations.presumed:
            self._expectations = self._confirm()


def _raised_as(report: CaseReport, claim: dict[str, Any], expected: str) -> TestOutcome:
    if claim.get("raised"):
        return outcome(_as_expected(claim.get("type") == expected), report, detail=str(claim.get("error")))
    return outcome(OutcomeStatus.WRONG, report, detail="returned instead of raising")


def _raised(report: CaseReport, claim: dict[str, Any]) -> TestOutcome | None:
    if not claim.get("raised"):
        return None
    status = OutcomeStatus.MEMORY if claim.get("type") == "MemoryError" else OutcomeStatus.ERROR
    return outcome(status, report, detail=str(claim.get("error")))


def _compared(report: CaseReport, claim: dict[str, Any], expected: object, same: _Same) -> TestOutcome:
    if "value" not in claim:
        return outcome(OutcomeStatus.ERROR, report, detail="the program ended without returning a value")
    try:
        value = decode(claim["value"])
    except ValueError as error:
        return outcome(OutcomeStatus.ERROR, report, detail=f"the returned value cannot be read: {error}")
    detail = f"a {value.kind} cannot be compared" if isinstance(value, Opaque) else ""
    return outcome(_as_expected(same(value, expected)), report, _printable(value), detail)


def _printable(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python refuses to print integers of more than 4,300 digits
        return "(a value with an integer too long to print)"


def confirm_tests(grader: Grader) -> None:
    """To be called where no case is graded: raises ``FixtureError`` where the tests are to blame for that."""
    if isinstance(grader, LiteralGrader):
        grader.confirm()


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
            return CallGrader(request, suite, protocol)
        case LiteralSuite():
            sources = tuple(case.expected for case in suite.cases)
            expectations = fixtures.expectations(suite.setup, sources, ask)
            confirm = partial(fixtures.confirmed, suite.setup, sources, ask)
            return LiteralGrader(request, suite, expectations, protocol, confirm)
        case AttackSuite():
            limits = _limits(request.limits, _longest(case.expected or "" for case in suite.cases))
            return AttackGrader(request, suite, limits, fixtures.database(suite.database, ask), run)
