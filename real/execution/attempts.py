"""Running one job on one worker, as often as the machine's failures make it necessary."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from real.execution.fixtures import DISK_FULL, FixtureError, Fixtures
from real.execution.judges import Judge, judge_for
from real.execution.outcomes import FILE_SPACE, infrastructure, outcome
from real.execution.worker import CaseReport, Report, RequestError, Worker, WorkerError, WorkerStalledError
from real.types import Job, Limits, LiteralSuite, OutcomeStatus, TestOutcome

_ATTEMPTS = 5  # workers may die in quick succession, and starting one takes a second on a busy machine
_MOST_ATTEMPTS = 20  # where other jobs are answered meanwhile: then workers die at random, and luck will turn
_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 0.4  # after a failure of the machine, longer each time
_MAX_CODE = 1 << 20
_LITTLE = 0.9  # of its CPU seconds: a case that used less when its wall-clock time was over has waited


@dataclass(frozen=True, slots=True)
class Result:
    """The outcomes of a job, and which of its cases may have failed because of what ran beside them.

    They waited instead of working until their wall-clock limit, or found a disk full that others share.
    """

    outcomes: tuple[TestOutcome, ...]
    waited: tuple[int, ...] = ()


class Attempts:
    """The workers of a pool, by slot, and what they have in common; each slot is used by one thread at a time."""

    def __init__(self, count: int, first: Worker, slowness: float) -> None:
        self.workers: list[Worker | None] = [first, *[None] * (count - 1)]
        self._level, self._slowness = first.level, slowness
        self._fixtures = Fixtures()
        self._lock = threading.Lock()
        self._answered = 0  # jobs, of all slots
        self.closed = False

    def close(self) -> None:
        """End every worker; safe to call twice and from any thread."""
        with self._lock:
            self.closed = True
            workers = [worker for worker in self.workers if worker is not None]
        for worker in workers:
            worker.close()

    def _worker(self, slot: int) -> Worker:
        worker = self.workers[slot]
        if worker is None:
            worker = Worker(self._level, slot)
            with self._lock:
                closed = self.closed
                self.workers[slot] = worker
            if closed:
                worker.close()
        return worker

    def run(self, slot: int, job: Job, protocol: str) -> Result:
        """The outcomes of one job; never raises for what a program, its tests or the machine did."""
        count = len(job.suite.cases)
        if count == 0:
            return Result(())
        if len(job.code) > _MAX_CODE:
            detail = f"the program is larger than {_MAX_CODE} characters"
            return Result((TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=detail),) * count)
        job = replace(job, limits=_scaled(job.limits, self._slowness))
        history = _History(count)
        attempt, answered = 0, self._answered
        while attempt < _ATTEMPTS or (attempt < _MOST_ATTEMPTS and self._answered > answered):
            time.sleep(min(_PAUSE_S * attempt, _LONGEST_PAUSE_S))
            result = self._attempt(slot, job, protocol, history)
            if result is not None:
                with self._lock:
                    self._answered += 1
                return result
            if self.closed:
                break
            attempt += 1
        return Result((infrastructure(f"given up after {attempt} attempts: {history.reason}"),) * count)

    def _attempt(self, slot: int, job: Job, protocol: str, history: _History) -> Result | None:
        """The outcomes, or ``None`` where the machine is to blame and another attempt may do better."""
        worker = None
        try:
            worker = self._worker(slot)
            judge = judge_for(job, protocol, self._fixtures, worker.ask)
            report = worker.ask(judge.request)
        except WorkerError as error:
            if worker is not None:
                worker.close()
            self.workers[slot] = None
            return history.lost(error)
        except (FixtureError, RequestError) as error:
            return Result((infrastructure(str(error)),) * len(job.suite.cases))
        outcomes = _outcomes(report, judge)
        if any(
            case.full and verdict.status is not OutcomeStatus.PASS
            for case, verdict in zip(report.cases, outcomes, strict=False)
        ):
            history.reason = DISK_FULL  # it may be a neighbour's doing, and soon over
            return None
        unjailed = [case.reason for case in report.cases if case.how == "jail"]
        if len(outcomes) == len(job.suite.cases) and not unjailed:
            shared = outcomes if self._level != "strong" else []  # where each program has a file system of its own
            return Result(tuple(outcomes), (*_waited(report, job), *_found_no_space(report, shared)))
        if unjailed or report.failure:  # the next attempt shall not meet what may have spoiled this worker
            worker.close()
            self.workers[slot] = None
            history.reason = f"the jail could not be set up: {unjailed[0]}" if unjailed else report.failure
            return None
        return history.supervisor_ended(report, outcomes)

    def second_chance(self, slot: int, job: Job, protocol: str, first: Result) -> Result:
        """The final outcomes of a job of which cases waited; to be called while nothing else runs.

        Did they wait for the machine, or by themselves? One of them alone answers that for all: where it waits again,
        the first outcomes stand, otherwise the job is judged anew.
        """
        if not isinstance(job.suite, LiteralSuite):  # whose cases depend on those before
            alone = replace(job.suite, cases=(job.suite.cases[first.waited[0]],))  # type: ignore[arg-type]
            if self.run(slot, replace(job, suite=alone), protocol).waited:
                return Result(first.outcomes)
        return Result(self.run(slot, job, protocol).outcomes)


class _History:
    """What befell a job so far: the same end twice is no accident of the machine, but what the program does."""

    def __init__(self, count: int) -> None:
        self.reason = ""
        self._count = count
        self._killed = self._stalled = False

    def lost(self, error: WorkerError) -> Result | None:
        """The worker is gone; the outcomes where that has to do with the program."""
        self.reason = str(error)
        if not isinstance(error, WorkerStalledError):
            return None
        if self._stalled:
            return Result((TestOutcome(OutcomeStatus.TIMEOUT, detail=f"twice: {self.reason}"),) * self._count)
        self._stalled = True
        return None

    def supervisor_ended(self, report: Report, outcomes: list[TestOutcome]) -> Result | None:
        """What watches the cases ended before the last; the outcomes where that has to do with the program."""
        self.reason = f"the supervising process ended with status {report.end_code}"
        if report.end_code != 0 and self._killed:
            return Result((*outcomes, *[_took_supervisor_down(report)] * (self._count - len(outcomes))))
        self._killed = self._killed or report.end_code != 0
        return None


def _scaled(limits: Limits, slowness: float) -> Limits:
    return replace(limits, cpu_s=limits.cpu_s * slowness)


def _outcomes(report: Report, judge: Judge) -> list[TestOutcome]:
    if report.problem is not None:
        detail = report.problem.get("error", "")
        return [TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=detail)] * len(judge.request.cases)
    return [_judged(judge, index, case) for index, case in enumerate(report.cases)]


def _judged(judge: Judge, index: int, case: CaseReport) -> TestOutcome:
    """One program's claim, however hostile, must not end the run of all the others."""
    try:
        return judge.judge(index, case)
    except (ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        return outcome(OutcomeStatus.ERROR, case, detail=f"the claim cannot be judged: {type(error).__name__}: {error}")


def _took_supervisor_down(report: Report) -> TestOutcome:
    """Twice the same end is no accident of the machine: a crash of the compiler, or of what watches the case."""
    if not report.compiled:
        return TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=f"the compiler crashed (status {report.end_code})")
    return TestOutcome(OutcomeStatus.ERROR, detail=f"the program ended its supervisor (status {report.end_code})")


def _waited(report: Report, job: Job) -> Iterator[int]:
    little = job.limits.cpu_s * _LITTLE
    return (index for index, case in enumerate(report.cases) if case.how == "wall" and case.cpu < little)


def _found_no_space(report: Report, outcomes: list[TestOutcome]) -> Iterator[int]:
    """Cases that met a full disk by themselves: a neighbour may have filled it and be gone by now."""
    for index, (case, found) in enumerate(zip(report.cases, outcomes, strict=False)):
        if case.how == "exit" and found.detail.startswith(FILE_SPACE):
            yield index
