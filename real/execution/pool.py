"""The pool of workers: spreads jobs, replaces workers that die, loses no job and guesses no verdict."""

from __future__ import annotations

import asyncio
import os
import queue
import weakref
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from types import TracebackType

from real.errors import InfrastructureError, UsageError
from real.execution.attempts import Attempts, Result
from real.execution.cache import OutcomeCache, UnhashableTestsError
from real.execution.calibration import slowness
from real.execution.compare import check_protocol
from real.execution.crew import Crew
from real.execution.limits import check_limits
from real.execution.outcomes import infrastructure
from real.execution.probe import describe_facts, probe
from real.execution.tally import Tally
from real.execution.watchdog import Report, Watchdog, log
from real.execution.worker import Worker, WorkerError
from real.types import Job, JobResult

VERSION = "4"  # of the verdicts: raise it when a change may alter one
LEVELS = ("strong", "medium", "weak")

_AHEAD = 16  # jobs per worker that are taken from the caller before the first of their results is handed over


class Pool:
    """Runs jobs in ``workers`` jailed processes (0: one per core).

    ``min_isolation`` is the weakest acceptable level: ``strong`` (resource limits, seccomp, Landlock, namespaces),
    ``medium`` (without namespaces) or ``weak`` (resource limits only). The strongest level the machine allows is
    found by trying; ``level`` forces one. ``cache_mb`` bounds the memory for outcomes of programs judged before (0:
    none); a job that takes longer than ``patience_s`` is named to ``watch``. Raises ``InfrastructureError`` where the
    level cannot be had. Every method may be called from any thread.
    """

    def __init__(
        self,
        workers: int = 0,
        min_isolation: str = "medium",
        *,
        level: str | None = None,
        cache_mb: int = 64,
        patience_s: float = 60.0,
        watch: Report = log,
    ) -> None:
        for name in (min_isolation, level or min_isolation):
            if name not in LEVELS:
                raise UsageError(f"unknown isolation level {name!r}", hint=f"Known: {', '.join(LEVELS)}.")
        if workers < 0:
            raise UsageError(f"a pool cannot have {workers} workers")
        count = workers or len(os.sched_getaffinity(0))
        self._notes: list[str] = []
        first = self._first_worker((level,) if level else LEVELS[: LEVELS.index(min_isolation) + 1])
        self.isolation = first.level
        self._facts = describe_facts(first)
        self._crew = Crew(Attempts(count, first, slowness()), Watchdog(patience_s, watch))
        self._finalizer = weakref.finalize(self, self._crew.close)
        self._cache = OutcomeCache(cache_mb << 20, f"{VERSION} {self.isolation}")
        self._window = _AHEAD * count

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
        return f"isolation: {self.isolation} ({self._facts}), {self.workers} workers{missing}"

    @property
    def workers(self) -> int:
        """How many jobs run at the same time."""
        return len(self._crew.attempts.workers)

    def worker_pids(self) -> list[int]:
        """The process ids of the launchers now alive."""
        return [worker.pid for worker in self._crew.attempts.workers if worker is not None]

    def folders(self) -> list[str]:
        """The folders of the machine in which programs run: none at ``strong``, where they live in memory."""
        workers = [worker for worker in self._crew.attempts.workers if worker is not None]
        return [worker.scratch for worker in workers if worker.scratch is not None]

    def slowest(self) -> list[tuple[str, float]]:
        """The jobs that took longest, with their wall-clock seconds, slowest first."""
        return self._crew.watchdog.slowest()

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

        ``protocol`` is how printed output is compared (see ``compare``). A job that the machine fails five times
        (twenty, as long as other jobs are judged meanwhile) has ``infra_error`` outcomes. Raises
        ``InfrastructureError`` on a closed pool, and where the machine fails more than one job in twenty;
        ``UsageError`` for limits that no process can have.
        """
        return list(self.stream(jobs, protocol))

    def stream(self, jobs: Iterable[Job], protocol: str = "strict") -> Iterator[JobResult]:
        """As ``run``, for any number of jobs in bounded memory: takes a job only as results are taken."""
        tally = Tally()
        window: deque[tuple[Job, Future[Result]]] = deque()
        try:
            check_protocol(protocol)
            for job in jobs:
                window.append((job, self._put(job, protocol)))
                if len(window) >= self._window:
                    yield self._result(*window.popleft(), tally)
            while window:
                yield self._result(*window.popleft(), tally)
        except (KeyboardInterrupt, SystemExit):
            self.close()  # nothing may be left running
            raise
        finally:
            for _, future in window:
                future.cancel()

    def as_completed(self, jobs: Iterable[Job], protocol: str = "strict") -> Iterator[JobResult]:
        """As ``stream``, in the order in which the results are there."""
        tally = Tally()
        ended: queue.SimpleQueue[tuple[Job, Future[Result]]] = queue.SimpleQueue()
        running: set[Future[Result]] = set()

        def next_result() -> JobResult:
            job, future = ended.get()
            running.discard(future)
            return self._result(job, future, tally)

        try:
            check_protocol(protocol)
            for job in jobs:
                future = self._put(job, protocol)
                running.add(future)
                future.add_done_callback(lambda done, job=job: ended.put((job, done)))  # type: ignore[misc]
                if len(running) >= self._window:
                    yield next_result()
            while running:
                yield next_result()
        except (KeyboardInterrupt, SystemExit):
            self.close()
            raise
        finally:
            for future in running:
                future.cancel()

    async def run_async(self, jobs: Sequence[Job], protocol: str = "strict") -> list[JobResult]:
        """As ``run``, without blocking the event loop."""
        return [result async for result in self.stream_async(jobs, protocol)]

    async def stream_async(self, jobs: Iterable[Job], protocol: str = "strict") -> AsyncIterator[JobResult]:
        """As ``stream``, without blocking the event loop."""
        tally = Tally()
        window: deque[tuple[Job, Future[Result]]] = deque()
        try:
            check_protocol(protocol)
            for job in jobs:
                window.append((job, self._put(job, protocol)))
                if len(window) >= self._window:
                    await asyncio.wait([asyncio.wrap_future(window[0][1])])
                    yield self._result(*window.popleft(), tally)
            while window:
                await asyncio.wait([asyncio.wrap_future(window[0][1])])
                yield self._result(*window.popleft(), tally)
        finally:
            for _, future in window:
                future.cancel()

    def submit(self, job: Job, protocol: str = "strict") -> Future[JobResult]:
        """Add one job; its result comes in the future. The caller bounds what it adds, and counts with ``tally``.

        Raises ``InfrastructureError`` on a closed pool.
        """
        check_protocol(protocol)
        answer: Future[JobResult] = Future()

        def pass_on(done: Future[Result]) -> None:
            if done.cancelled():
                answer.cancel()
            elif (error := done.exception()) is not None:
                answer.set_exception(error)
            else:
                answer.set_result(JobResult(job.job_id, done.result().outcomes, self.isolation))

        self._put(job, protocol).add_done_callback(pass_on)
        return answer

    def _put(self, job: Job, protocol: str) -> Future[Result]:
        check_limits(job.limits)
        try:
            key = self._cache.key(job, protocol)
        except UnhashableTestsError as error:
            refused: Future[Result] = Future()
            refused.set_result(Result((infrastructure(str(error)),) * len(job.suite.cases)))
            return refused
        known = self._cache.get(key)
        if known is not None and not self._crew.attempts.closed:
            future: Future[Result] = Future()
            future.set_result(Result(known))
            return future
        future = self._crew.put(job, protocol)
        future.add_done_callback(lambda done: self._keep(key, done))
        return future

    def _keep(self, key: bytes, done: Future[Result]) -> None:
        if not done.cancelled() and done.exception() is None:
            self._cache.put(key, done.result().outcomes)

    def _result(self, job: Job, future: Future[Result], tally: Tally) -> JobResult:
        outcomes = future.result().outcomes
        tally.add(outcomes)
        return JobResult(job.job_id, outcomes, self.isolation)
