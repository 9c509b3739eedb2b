"""A pool that runs programs on a SandboxFusion server and grades them here.

What the server gets is the program, the inputs of its cases and the database it works on. Expected values stay here;
so whoever controls the program, or the server's machine, can at best print a right answer.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, TypeVar

from real.errors import InfrastructureError, UsageError
from real.execution.backends.chunk_queue import ATTEMPTS
from real.execution.backends.fusion_client import FusionClient, FusionError, ResponseTooLargeError
from real.execution.backends.fusion_fixtures import LocalJail, state_of
from real.execution.backends.fusion_request import Exchange, Reply, reports_alone, reports_in_order
from real.execution.compare import check_protocol
from real.execution.config import Isolation
from real.execution.failure_budget import FailureBudget
from real.execution.fixtures import FixtureError, Fixtures
from real.execution.grading import Grader, confirm_tests, grader_for
from real.execution.jail.worker_request import WorkerRequest
from real.execution.outcomes import infrastructure, outcome, shown
from real.execution.worker import CaseReport, RequestError, WorkerError, WorkerReport
from real.types import ExecutionRequest, ExecutionResult, Limits, OutcomeStatus, ScriptSuite, StdinCase, TestOutcome

T = TypeVar("T")

_REQUESTS = 8  # at a time, where the configuration does not say: servers time out when they are flooded
_PROBE = "import sys; print(input('> ')[::-1], '.'.join(map(str, sys.version_info[:2])))"
_MAX_CODE = 1 << 20
_ROUNDS = 2  # of a program that fails, with an empty one that does not after each
_BACKOFF_S = 0.5
_SLACK_S = 30.0  # past the time limit that a request carries, before its answer is given up


class FusionPool:
    """Runs requests on the SandboxFusion server at ``url``, ``workers`` requests at a time (0: eight).

    A request that fails is sent again after ``backoff_s`` seconds, then twice that; ``slack_s`` is how long an answer
    may take beyond the time limit of its program. Raises ``InfrastructureError`` unless the server runs a first program
    as it should.
    """

    isolation: str = Isolation.external

    def __init__(self, url: str, workers: int = 0, *, backoff_s: float = _BACKOFF_S, slack_s: float = _SLACK_S) -> None:
        if workers < 0:
            raise UsageError(f"a pool cannot have {workers} workers")
        self._url, self._workers = url, workers or _REQUESTS
        self._backoff_s, self._slack_s = backoff_s, slack_s
        self._client = FusionClient(url)
        self._jail = LocalJail()
        self._fixtures = Fixtures()
        self._closed = threading.Event()
        self._jitter = random.Random()  # of our own: the state of the global one belongs to the seed of the run
        self._python = self._probe()

    def _probe(self) -> str:
        """The version of Python that a first program finds on the server."""
        suite = ScriptSuite((StdinCase("ready\n", ""),))
        (probe,), _ = self._run_one(ExecutionRequest("probe", _PROBE, suite, Limits()), "strict")
        word, _, version = probe.output.strip().partition(" ")
        if word != "ydaer":
            self.close()
            raise InfrastructureError(
                f"no SandboxFusion server runs programs at {self._url}: {probe.detail or probe.output or probe.status}",
                hint="execution.fusion_url is the address without /run_code; the server needs Python 3.11 or newer.",
            )
        return version

    def describe(self) -> str:
        """One line: the server, and that its isolation is its operator's word."""
        return (
            f"isolation: {self.isolation} (SandboxFusion at {self._url}, Python {self._python},"
            f" {self._workers} requests at a time;"
            " how it confines programs cannot be measured from here)"
        )

    def __enter__(self) -> FusionPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every exchange and the jailed process of this side; safe to call twice."""
        self._closed.set()
        self._client.close()
        self._jail.close()

    def run(self, requests: Sequence[ExecutionRequest], protocol: str = "strict") -> list[ExecutionResult]:
        """Run every request; results are in the order of the requests, with one outcome per case.

        A request for which the server gives no usable answer three times has ``infra_error`` outcomes. Raises
        ``UsageError`` for an unknown protocol, and ``InfrastructureError`` on a closed pool and, closing it, where the
        server fails more than one request in twenty.
        """
        check_protocol(protocol)
        if self._closed.is_set():
            raise InfrastructureError("the execution pool is closed")
        with ThreadPoolExecutor(self._workers, thread_name_prefix="fusion") as threads:
            try:
                budget, ran = FailureBudget(), []
                for outcomes, waited in threads.map(lambda request: self._run_one(request, protocol), requests):
                    budget.add(tuple(outcomes))
                    ran.append((outcomes, waited))
                for place, (_, waited) in enumerate(ran):
                    if waited:  # for the machine, or for ever: alone it will tell
                        ran[place] = self._run_one(requests[place], protocol)
            except BaseException:
                self.close()  # Ctrl-C and the like: no request may be left that nobody waits for
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        pairs = zip(requests, ran, strict=True)
        return [
            ExecutionResult(request.request_id, tuple(outcomes), self.isolation) for request, (outcomes, _) in pairs
        ]

    def _run_one(self, request: ExecutionRequest, protocol: str) -> tuple[list[TestOutcome], bool]:
        """The outcomes of one request, and whether a case hit the wall clock, which may be a busy server's doing."""
        count = len(request.suite.cases)
        if count == 0:
            return [], False
        if len(request.code) > _MAX_CODE:
            detail = f"the program is larger than {_MAX_CODE} characters"
            return [TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=detail)] * count, False
        for _ in range(_ROUNDS):
            try:
                return self._graded(request, protocol)
            except (FusionError, FixtureError, WorkerError, RequestError) as error:
                reason = str(error)
            # The server's fault where it cannot run an empty program either; else the program has another try.
            if not request.code or _is_infrastructure(self._run_one(replace(request, code=""), protocol)[0]):
                return [infrastructure(reason)] * count, False
        detail = shown(f"an empty program runs, this one does not: {reason}")
        return [TestOutcome(OutcomeStatus.ERROR, detail=detail)] * count, False

    def _graded(self, request: ExecutionRequest, protocol: str) -> tuple[list[TestOutcome], bool]:
        """As ``_run_one``; raises where the server, or the jail of this machine, gives no usable answer."""
        grader = _patiently(lambda: grader_for(request, protocol, self._fixtures, self._jail.ask, self._ask))
        report = self._ask(grader.worker_request)
        if report.problem is not None:
            confirm_tests(grader)
            detail = report.problem.get("error", "")
            return [TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=detail)] * len(request.suite.cases), False
        outcomes = [_graded(grader, index, case) for index, case in enumerate(report.cases)]
        return outcomes, any(case.how == "wall" for case in report.cases)

    def _ask(self, request: WorkerRequest) -> WorkerReport:
        """Run one request as a worker would: a run per case, or one for all where state persists between them."""
        reports: list[CaseReport] = []
        while len(reports) < len(request.cases):
            in_order = request.mode == "literal"
            cases = request.cases[len(reports) :] if in_order else [request.cases[len(reports)]]
            reply = self._exchange(request, cases)
            if reply.problem is not None:
                return WorkerReport(reply.problem, False, [], 0)
            if in_order:
                reports += reports_in_order(reply, len(cases), request.limits.cpu_s)
            else:
                reports += reports_alone(reply, request.limits.cpu_s, self._state(request, reply))
        return WorkerReport(None, True, reports, 0)

    def _state(self, request: WorkerRequest, reply: Reply) -> bytes:
        return _patiently(lambda: state_of(request.files, reply.files, self._jail)) if request.dump else b""

    def _exchange(self, request: WorkerRequest, cases: Sequence[Any]) -> Reply:
        """One run, asked for until there is a usable answer; raises ``FusionError`` after the third."""
        for attempt in range(ATTEMPTS):
            exchange = Exchange(request, cases)
            try:
                return exchange.read(self._client.run_code(exchange.payload, exchange.run_s + self._slack_s))
            except ResponseTooLargeError:
                return Reply("output", 0, 0.0, b"", [], None, {})
            except FusionError as error:
                if error.final:
                    raise
                reason = str(error)
            if attempt + 1 < ATTEMPTS:
                # Spread, so that the threads that a server has just turned away do not all come back at once.
                self._closed.wait(self._backoff_s * 2**attempt * self._jitter.uniform(0.5, 1.5))
        raise FusionError(f"given up after {ATTEMPTS} attempts: {reason}")


def _is_infrastructure(outcomes: Sequence[TestOutcome]) -> bool:
    return any(outcome.status is OutcomeStatus.INFRA_ERROR for outcome in outcomes)


def _patiently(attempt: Callable[[], T]) -> T:
    """Do something with a worker of this machine, anew where it is lost; raises the third ``WorkerError``."""
    for _ in range(ATTEMPTS - 1):
        with suppress(WorkerError):
            return attempt()
    return attempt()


def _graded(grader: Grader, index: int, case: CaseReport) -> TestOutcome:
    """One program's claim, however hostile, must not end the batch of all the others."""
    try:
        return grader.grade(index, case)
    except (FusionError, WorkerError, FixtureError, RequestError):  # of runs that grading itself asks for
        raise
    except Exception as error:
        return outcome(OutcomeStatus.ERROR, case, detail=f"the claim cannot be judged: {type(error).__name__}: {error}")
