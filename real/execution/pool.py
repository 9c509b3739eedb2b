"""The pool of workers: spreads jobs, replaces workers that die, loses no job and guesses no verdict."""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType

from real.errors import InfrastructureError, UsageError
from real.execution.compare import check_protocol
from real.execution.fixtures import FixtureError, Fixtures
from real.execution.judges import Judge, judge_for
from real.execution.outcomes import infrastructure, outcome
from real.execution.probe import describe_facts, probe
from real.execution.worker import CaseReport, Report, Worker, WorkerError
from real.types import Job, JobResult, OutcomeStatus, TestOutcome

VERSION = "1"  # of the verdicts: raise it when a change may alter one
LEVELS = ("strong", "medium", "weak")

_ATTEMPTS = 3
_MAX_CODE = 1 << 20
_BUSY_LOAD = 1.5  # load per core past which a program that waited may have waited for the machine


class _Slots:
    """The workers, by slot; closing is safe from any thread."""

    def __init__(self, count: int) -> None:
        self.workers: list[Worker | None] = [None] * count
        self.lock = threading.Lock()
        self.closed = False

    def close(self) -> None:
        with self.lock:
            self.closed = True
            workers = [worker for worker in self.workers if worker is not None]
        for worker in workers:
            worker.close()


class Pool:
    """Runs jobs in ``workers`` jailed processes (0: one per core).

    ``min_isolation`` is the weakest acceptable level: ``strong`` (resource limits, seccomp, Landlock, namespaces),
    ``medium`` (without namespaces) or ``weak`` (resource limits only). The strongest level the machine allows is
    found by trying; ``level`` forces one. Raises ``InfrastructureError`` where that cannot be had.
    """

    def __init__(self, workers: int = 0, min_isolation: str = "medium", *, level: str | None = None) -> None:
        for name in (min_isolation, level or min_isolation):
            if name not in LEVELS:
                raise UsageError(f"unknown isolation level {name!r}", hint=f"Known: {', '.join(LEVELS)}.")
        if workers < 0:
            raise UsageError(f"a pool cannot have {workers} workers")
        self._slots = _Slots(workers or len(os.sched_getaffinity(0)))
        self._finalizer = weakref.finalize(self, self._slots.close)
        self._fixtures = Fixtures()
        self._notes: list[str] = []
        wanted = (level,) if level else LEVELS[: LEVELS.index(min_isolation) + 1]
        first = self._first_worker(wanted)
        self._slots.workers[0] = first
        self.isolation = first.level
        self._facts = describe_facts(first)

    def _first_worker(self, levels: Sequence[str]) -> Worker:
        for name in levels:
            try:
                worker = Worker(name, slot=0)
            except WorkerError as error:
                self._notes.append(f"{name}: {error}")
                continue
            try:
                problem = probe(worker)
            except WorkerError as error:
                problem = str(error)
            if problem is None:
                return worker
            worker.close()
            self._notes.append(f"{name}: {problem}")
        raise InfrastructureError(
            f"the sandbox cannot reach isolation level {levels[-1]!r} on this machine ({'; '.join(self._notes)})",
            hint="See `python -m real.execution doctor`; a lower min_isolation accepts less protection.",
        )

    def describe(self) -> str:
        """One line: the level, the layers behind it, and what a stronger level failed on."""
        missing = f"; not had: {'; '.join(self._notes)}" if self._notes else ""
        return f"isolation: {self.isolation} ({self._facts}), {len(self._slots.workers)} workers{missing}"

    def worker_pids(self) -> list[int]:
        """The process ids of the launchers now alive."""
        return [worker.pid for worker in self._slots.workers if worker is not None]

    def folders(self) -> list[str]:
        """The folders of the machine in which programs run: none at ``strong``, where they live in memory."""
        return [worker.scratch for worker in self._slots.workers if worker is not None and worker.scratch is not None]

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every worker; safe to call twice."""
        self._finalizer()

    def run(self, jobs: Sequence[Job], protocol: str = "strict") -> list[JobResult]:
        """Run every job; results are in the order of the jobs, with one outcome per case.

        ``protocol`` is how printed output is compared (see ``compare``). A job that the machine fails three times has
        ``infra_error`` outcomes. Raises ``InfrastructureError`` on a closed pool.
        """
        check_protocol(protocol)
        if self._slots.closed:
            raise InfrastructureError("the execution pool is closed")
        batch = _Batch(jobs)
        threads = [
            threading.Thread(target=self._serve, args=(slot, batch, protocol), daemon=True)
            for slot in range(min(len(self._slots.workers), len(jobs)))
        ]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self._rerun_stalled(batch, protocol)
        except BaseException:
            self.close()  # Ctrl-C and the like: nothing may be left running
            raise
        if batch.error is not None:
            raise batch.error
        return batch.results(self.isolation)

    def _serve(self, slot: int, batch: _Batch, protocol: str) -> None:
        try:
            while (index := batch.take()) is not None:
                outcomes, stalled = self._run_job(slot, batch.jobs[index], protocol)
                batch.put(index, outcomes, stalled=stalled)
        except Exception as error:  # handed to the caller of run(), who has no other way to learn of it
            batch.fail(error)

    def _rerun_stalled(self, batch: _Batch, protocol: str) -> None:
        """Programs that waited while the machine was busy get a second chance, alone."""
        for index in batch.stalled:
            outcomes, _ = self._run_job(0, batch.jobs[index], protocol)
            batch.put(index, outcomes, stalled=False)

    def _worker(self, slot: int) -> Worker:
        worker = self._slots.workers[slot]
        if worker is None:
            worker = Worker(self.isolation, slot)
            with self._slots.lock:
                closed = self._slots.closed
                self._slots.workers[slot] = worker
            if closed:
                worker.close()
        return worker

    def _run_job(self, slot: int, job: Job, protocol: str) -> tuple[list[TestOutcome], bool]:
        """The outcomes of one job, and whether a case waited for a busy machine."""
        count = len(job.suite.cases)
        if count == 0:
            return [], False
        if len(job.code) > _MAX_CODE:
            detail = f"the program is larger than {_MAX_CODE} characters"
            return [TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=detail)] * count, False
        reason, killed_before = "", False
        for _ in range(_ATTEMPTS):
            try:
                worker = self._worker(slot)
                judge = judge_for(job, protocol, self._fixtures, worker.ask)
                report = worker.ask(judge.request)
            except WorkerError as error:
                self._slots.workers[slot] = None
                reason = str(error)
                if self._slots.closed:
                    break
                continue
            except FixtureError as error:
                return [infrastructure(str(error))] * count, False
            outcomes = _outcomes(report, judge)
            unjailed = [case.reason for case in report.cases if case.how == "jail"]
            if len(outcomes) == count and not unjailed:
                return outcomes, _stalled(report, job)
            if unjailed:
                reason = f"the jail could not be set up: {unjailed[0]}"
                continue
            reason = report.failure or f"the supervising process ended with status {report.end_code}"
            if not report.failure and report.end_code != 0:
                if killed_before:
                    return outcomes + [_took_supervisor_down(report)] * (count - len(outcomes)), False
                killed_before = True
        return [infrastructure(f"given up after {_ATTEMPTS} attempts: {reason}")] * count, False


class _Batch:
    """The jobs of one ``run``: taken one by one, answered in any order."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = list(jobs)
        self.stalled: list[int] = []
        self.error: Exception | None = None
        self._waiting = deque(range(len(self.jobs)))
        self._outcomes: dict[int, list[TestOutcome]] = {}

    def take(self) -> int | None:
        with suppress(IndexError):
            return self._waiting.popleft()
        return None

    def put(self, index: int, outcomes: list[TestOutcome], *, stalled: bool) -> None:
        self._outcomes[index] = outcomes
        if stalled:
            self.stalled.append(index)

    def fail(self, error: Exception) -> None:
        self.error = self.error or error
        self._waiting.clear()

    def results(self, isolation: str) -> list[JobResult]:
        return [JobResult(job.job_id, tuple(self._outcomes[i]), isolation) for i, job in enumerate(self.jobs)]


def _outcomes(report: Report, judge: Judge) -> list[TestOutcome]:
    if report.problem is not None:
        detail = report.problem.get("error", "")
        return [TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=detail)] * len(judge.request.cases)
    return [_judged(judge, index, case) for index, case in enumerate(report.cases)]


def _judged(judge: Judge, index: int, case: CaseReport) -> TestOutcome:
    """One program's claim, however hostile, must not end the batch of all the others."""
    try:
        return judge.judge(index, case)
    except (ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        return outcome(OutcomeStatus.ERROR, case, detail=f"the claim cannot be judged: {type(error).__name__}: {error}")


def _took_supervisor_down(report: Report) -> TestOutcome:
    """Twice the same end is no accident of the machine: a crash of the compiler, or of what watches the case."""
    if not report.compiled:
        return TestOutcome(OutcomeStatus.COMPILE_ERROR, detail=f"the compiler crashed (status {report.end_code})")
    return TestOutcome(OutcomeStatus.ERROR, detail=f"the program ended its supervisor (status {report.end_code})")


def _stalled(report: Report, job: Job) -> bool:
    waited = any(case.how == "wall" and case.cpu < job.limits.cpu_s / 2 for case in report.cases)
    return waited and os.getloadavg()[0] > _BUSY_LOAD * (os.cpu_count() or 1)
