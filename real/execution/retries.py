"""Run one request, and again on a new worker where the machine fails."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from real.execution.fixtures import DISK_FULL, FixtureError, Fixtures
from real.execution.grading import Grader, confirm_tests, grader_for
from real.execution.outcomes import FILE_SPACE, infrastructure, outcome, shown
from real.execution.worker import CaseReport, RequestError, Worker, WorkerError, WorkerReport, WorkerStalledError
from real.types import (
    AttackSuite,
    ExecutionRequest,
    Limits,
    LiteralSuite,
    OutcomeStatus,
    ScriptSuite,
    Suite,
    TestOutcome,
)

_ATTEMPTS = 5  # workers may die in quick succession, and starting one takes a second on a busy machine
_MOST_ATTEMPTS = 20  # where other requests are answered meanwhile: then workers die at random, and luck will turn
_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 0.4  # after a failure of the machine, longer each time
_MAX_CODE = 1 << 20
_ROUNDS = 4  # of an empty program that runs and this one that does not
_LITTLE = 0.9  # of its CPU seconds: a case that used less when its wall-clock time was over has waited


@dataclass(frozen=True, slots=True)
class RetryResult:
    """The outcomes of a request, and the cases that may have failed because of other load on the machine.

    They waited instead of working until their wall-clock limit, or found a disk full that others share. ``slept``: by
    all that could be seen they slept by themselves.
    """

    outcomes: tuple[TestOutcome, ...]
    waited: tuple[int, ...] = ()
    slept: bool = False


class _Place(NamedTuple):
    slot: int
    functions: bool


def _place(slot: int, suite: Suite) -> _Place:
    return _Place(slot, functions=not isinstance(suite, ScriptSuite | AttackSuite))


class RetryingWorkers:
    """The workers of a pool, one per slot and kind of program, with retries; one thread at a time uses a slot."""

    def __init__(self, count: int, first: Worker, slowness: float) -> None:
        self.count = count
        self._workers: dict[_Place, Worker] = {_Place(0, functions=False): first}
        self._level, self._slowness = first.level, slowness
        self._fixtures = Fixtures()
        self._lock = threading.Lock()
        self._answered = 0  # requests, of all slots
        self.closed = False

    def close(self) -> None:
        """End every worker; safe to call twice and from any thread."""
        with self._lock:
            self.closed = True
        for worker in self.alive():
            worker.close()

    def alive(self) -> list[Worker]:
        """The workers that were started, in the order of their slots."""
        with self._lock:
            return [self._workers[place] for place in sorted(self._workers)]

    def _worker(self, slot: int, suite: Suite) -> Worker:
        place = _place(slot, suite)
        with self._lock:
            worker = self._workers.get(place)
        if worker is None:
            number = slot + self.count if place.functions else slot
            worker = Worker(self._level, number, functions=place.functions)
            with self._lock:
                closed = self.closed
                self._workers[place] = worker
            if closed:
                worker.close()
        return worker

    def run(self, slot: int, request: ExecutionRequest, protocol: str) -> RetryResult:
        """The outcomes of one request; never raises for what a program, its tests or the machine did."""
        count = len(request.suite.cases)
        if count == 0:
            return RetryResult(())
        if len(request.code) > _MAX_CODE:
            detail = f"the program is larger than {_MAX_CODE} characters"
            return RetryResult((TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=detail),) * count)
        request = replace(request, limits=_scaled(request.limits, self._slowness))
        history = _FailureHistory(count)
        attempt, answered = 0, self._answered
        while attempt < _ATTEMPTS or (attempt < _MOST_ATTEMPTS and self._answered > answered):
            time.sleep(min(_PAUSE_S * attempt, _LONGEST_PAUSE_S))
            result = self._attempt(slot, request, protocol, history)
            if result is not None:
                with self._lock:
                    self._answered += 1
                return result
            if self.closed:
                break
            attempt += 1
        reason = f"given up after {attempt} attempts: {history.reason}"
        if history.reason == DISK_FULL:
            return RetryResult((infrastructure(reason),) * count, (0,))
        return self._attribute(slot, request, protocol, history, reason)

    def run_joined(
        self, slot: int, requests: tuple[ExecutionRequest, ExecutionRequest], protocol: str
    ) -> list[RetryResult] | None:
        """The outcomes of two suites of one program in one go, each in processes of its own.

        ``None`` where they cannot be joined or anything went wrong, whoever is to blame: then each has to be run alone.
        """
        first, second = (replace(request, limits=_scaled(request.limits, self._slowness)) for request in requests)
        found: list[RetryResult] = []
        try:
            worker = self._worker(slot, first.suite)
            graders = [grader_for(each, protocol, self._fixtures, worker.ask, worker.ask) for each in (first, second)]
            joined = graders[0].worker_request.joined(graders[1].worker_request)
            if joined is None:
                return None
            report = worker.ask(joined)
            for request, grader, part in zip((first, second), graders, _parts(report, joined.groups), strict=True):
                history = _FailureHistory(len(request.suite.cases))
                result = self._result(slot, request, _outcomes(part, grader), part, history)
                if result is None or report.end_code != 0:
                    return None
                found.append(result)
        except WorkerError:
            self._replace_worker(slot, first.suite)
            return None
        except (FixtureError, RequestError):
            return None
        with self._lock:
            self._answered += len(found)
        return found

    def _attribute(
        self, slot: int, request: ExecutionRequest, protocol: str, history: _FailureHistory, reason: str
    ) -> RetryResult:
        """The outcomes of a request that cannot be judged: is it the machine or the program?"""
        count = len(request.suite.cases)
        for _ in range(_ROUNDS):
            if self.closed or not self._empty_program_runs(slot, request, protocol):
                return RetryResult((infrastructure(reason),) * count)
            self._replace_worker(slot, request.suite)
            if (result := self._attempt(slot, request, protocol, history)) is not None:
                return result
        detail = f"an empty program runs, this one does not: {history.reason}"
        return RetryResult((TestOutcome(OutcomeStatus.ERROR, detail=shown(detail)),) * count)

    def _empty_program_runs(self, slot: int, request: ExecutionRequest, protocol: str) -> bool:
        """Whether the tests run, in a fresh worker, with an empty program in the place of one that failed.

        Where it does, and the program fails again, and so in turn, the program is to blame: none can have itself left
        out of the score, and workers that die at random hit the empty one as well.
        """
        self._replace_worker(slot, request.suite)
        empty = replace(request, code="")
        result = self._attempt(slot, empty, protocol, _FailureHistory(len(request.suite.cases)))
        return result is not None and not _is_infrastructure(result)

    def _is_program_s_fault(self, slot: int, request: ExecutionRequest, protocol: str) -> bool:
        """Whether an empty program is answered where one with something in it silences its worker."""
        return bool(request.code) and self._empty_program_runs(slot, request, protocol)

    def _replace_worker(self, slot: int, suite: Suite) -> None:
        with self._lock:
            worker = self._workers.pop(_place(slot, suite), None)
        if worker is not None:
            worker.close()

    def _attempt(
        self, slot: int, request: ExecutionRequest, protocol: str, history: _FailureHistory
    ) -> RetryResult | None:
        """The outcomes, or ``None`` where the machine is to blame and another attempt may do better."""
        try:
            worker = self._worker(slot, request.suite)
            grader = grader_for(request, protocol, self._fixtures, worker.ask, worker.ask)
            report = worker.ask(grader.worker_request)
            outcomes = _outcomes(report, grader)
        except WorkerError as error:
            self._replace_worker(slot, request.suite)
            if not history.stalled_twice(error) or not self._is_program_s_fault(slot, request, protocol):
                return None
            detail = f"twice: {error}; an empty program runs"
            return RetryResult((TestOutcome(OutcomeStatus.TIMEOUT, detail=detail),) * len(request.suite.cases))
        except FixtureError as error:
            return RetryResult((infrastructure(str(error)),) * len(request.suite.cases))
        except RequestError as error:
            return self._too_large(slot, request, protocol, error)
        return self._result(slot, request, outcomes, report, history)

    def _too_large(
        self, slot: int, request: ExecutionRequest, protocol: str, error: RequestError
    ) -> RetryResult | None:
        """The outcomes of a request that fits into no frame: the program's fault where an empty one fits."""
        count = len(request.suite.cases)
        if not request.code:
            return RetryResult((infrastructure(str(error)),) * count)
        empty = self._attempt(slot, replace(request, code=""), protocol, _FailureHistory(count))
        if empty is None or _is_infrastructure(empty):
            return empty
        detail = f"the program is too large beside its tests: {error}"
        return RetryResult((TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=detail),) * count)

    def _result(
        self,
        slot: int,
        request: ExecutionRequest,
        outcomes: list[TestOutcome],
        report: WorkerReport,
        history: _FailureHistory,
    ) -> RetryResult | None:
        """The outcomes of what was reported, or ``None`` where the machine is to blame."""
        if any(
            case.full and verdict.status is not OutcomeStatus.PASS
            for case, verdict in zip(report.cases, outcomes, strict=False)
        ):
            history.reason = DISK_FULL  # it may be a neighbour's doing, and soon over
            return None
        unjailed = [case.reason for case in report.cases if case.how == "jail"]
        if len(outcomes) == len(request.suite.cases) and not unjailed:
            shared = outcomes if self._level != "strong" else []  # where each program has a file system of its own
            waited, no_space = tuple(_waited(report, request)), tuple(_found_no_space(report, shared))
            slept = not no_space and not any(report.cases[index].waited for index in waited)
            return RetryResult(tuple(outcomes), (*waited, *no_space), slept)
        if unjailed or report.failure:  # the next attempt shall not meet what may have spoiled this worker
            self._replace_worker(slot, request.suite)
            history.reason = f"the jail could not be set up: {unjailed[0]}" if unjailed else report.failure
            return None
        return history.supervisor_ended(report, outcomes)

    def second_chance(self, slot: int, request: ExecutionRequest, protocol: str, first: RetryResult) -> RetryResult:
        """Judge a request again of which cases waited for the machine; to be called while nothing else runs.

        Did they wait for the machine, or by themselves? One of them alone answers that for all: where it waits again,
        the first outcomes stand (and are returned as they are), otherwise the request is judged anew.
        """
        if not isinstance(request.suite, LiteralSuite):  # whose cases depend on those before
            alone = replace(request.suite, cases=(request.suite.cases[first.waited[0]],))  # type: ignore[arg-type]
            if self.run(slot, replace(request, suite=alone), protocol).waited:
                return first
        return self.run(slot, request, protocol)


class _FailureHistory:
    """What befell a request so far: the same end twice is no accident of the machine, but what the program does."""

    def __init__(self, count: int) -> None:
        self.reason = ""
        self._count = count
        self._killed = self._stalled = False

    def stalled_twice(self, error: WorkerError) -> bool:
        """A worker was lost; returns whether it is the second that fell silent."""
        self.reason = str(error)
        again = isinstance(error, WorkerStalledError) and self._stalled
        self._stalled = self._stalled or isinstance(error, WorkerStalledError)
        return again

    def supervisor_ended(self, report: WorkerReport, outcomes: list[TestOutcome]) -> RetryResult | None:
        """The supervisor ended before the last case; returns outcomes where the program is to blame."""
        self.reason = f"the supervising process ended with status {report.end_code}"
        if report.end_code != 0 and self._killed:
            return RetryResult((*outcomes, *[_took_supervisor_down(report)] * (self._count - len(outcomes))))
        self._killed = self._killed or report.end_code != 0
        return None


def can_join(first: ExecutionRequest, second: ExecutionRequest) -> bool:
    """Whether two requests ask the same of the same program, with other cases."""
    one, two = first.suite, second.suite
    if not isinstance(one, LiteralSuite) or not isinstance(two, LiteralSuite) or len(first.code) > _MAX_CODE:
        return False
    same = (first.code, first.limits, one.entry, one.setup) == (second.code, second.limits, two.entry, two.setup)
    return same and bool(one.cases) and bool(two.cases)


def _parts(report: WorkerReport, groups: list[int]) -> list[WorkerReport]:
    """The report of each group."""
    ends = list(itertools.accumulate(groups))
    return [replace(report, cases=report.cases[end - size : end]) for size, end in zip(groups, ends, strict=True)]


def _is_infrastructure(result: RetryResult) -> bool:
    return any(outcome.status is OutcomeStatus.INFRA_ERROR for outcome in result.outcomes)


def _scaled(limits: Limits, slowness: float) -> Limits:
    return replace(limits, cpu_s=limits.cpu_s * slowness, paper_s=limits.paper_s * slowness)


def _outcomes(report: WorkerReport, grader: Grader) -> list[TestOutcome]:
    if report.problem is not None:
        confirm_tests(grader)
        detail = report.problem.get("error", "")
        return [TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=detail)] * len(grader.worker_request.cases)
    return [_graded(grader, index, case) for index, case in enumerate(report.cases)]


def _graded(grader: Grader, index: int, case: CaseReport) -> TestOutcome:
    """One program's claim, however hostile, must not end the run of all the others."""
    try:
        return grader.grade(index, case)
    except (WorkerError, FixtureError, RequestError):  # of runs that grading itself asks for
        raise
    except Exception as error:
        return outcome(OutcomeStatus.ERROR, case, detail=f"the claim cannot be judged: {type(error).__name__}: {error}")


def _took_supervisor_down(report: WorkerReport) -> TestOutcome:
    """Twice the same end is no accident of the machine: a crash of the compiler, or of what watches the case."""
    if not report.compiled:
        return TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=f"the compiler crashed (status {report.end_code})")
    return TestOutcome(OutcomeStatus.ERROR, detail=f"the program ended its supervisor (status {report.end_code})")


def _waited(report: WorkerReport, request: ExecutionRequest) -> Iterator[int]:
    little = max(request.limits.cpu_s, request.limits.paper_s) * _LITTLE
    return (index for index, case in enumerate(report.cases) if case.how == "wall" and case.cpu < little)


def _found_no_space(report: WorkerReport, outcomes: list[TestOutcome]) -> Iterator[int]:
    """Cases that met a full disk by themselves: a neighbour may have filled it and be gone by now."""
    for index, (case, found) in enumerate(zip(report.cases, outcomes, strict=False)):
        if case.how == "exit" and found.detail.startswith(FILE_SPACE):
            yield index
