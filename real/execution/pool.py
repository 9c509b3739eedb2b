"""The pool of workers: spreads requests, replaces workers that die, loses no request and guesses no verdict."""

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
from real.execution.cache import OutcomeCache, UnhashableTestsError
from real.execution.calibration import slowness
from real.execution.compare import check_protocol
from real.execution.failure_budget import FailureBudget
from real.execution.limits import check_limits
from real.execution.outcomes import infrastructure
from real.execution.probe import describe_facts, probe
from real.execution.retries import RetryingWorkers, RetryResult
from real.execution.watchdog import SlowRequestReport, Watchdog, log
from real.execution.worker import Worker, WorkerError
from real.execution.worker_group import WorkerGroup
from real.types import ExecutionRequest, ExecutionResult

VERSION = "6"  # of the verdicts: raise it when a change may alter one
LEVELS = ("strong", "medium", "weak")

_AHEAD = 16  # requests per worker that are taken from the caller before the first of their results is handed over


class Pool:
    """Runs requests in ``workers`` jailed processes (0: one per core).

    ``min_isolation`` is the weakest acceptable level: ``strong`` (resource limits, seccomp, Landlock, namespaces),
    ``medium`` (without namespaces) or ``weak`` (resource limits only). The strongest level the machine allows is
    found by trying; ``level`` forces one. ``cache_mb`` bounds the memory for outcomes of programs judged before (0:
    none); a request that takes longer than ``patience_s`` is named to ``watch``. Raises ``InfrastructureError`` where
    the level cannot be had. Every method may be called from any thread.
    """

    def __init__(
        self,
        workers: int = 0,
        min_isolation: str = "medium",
        *,
        level: str | None = None,
        cache_mb: int = 64,
        patience_s: float = 60.0,
        watch: SlowRequestReport = log,
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
        self._group = WorkerGroup(RetryingWorkers(count, first, slowness()), Watchdog(patience_s, watch))
        self._finalizer = weakref.finalize(self, self._group.close)
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
        """How many requests run at the same time."""
        return self._group.workers.count

    def worker_pids(self) -> list[int]:
        """The process ids of the launchers now alive."""
        return [worker.pid for worker in self._group.workers.alive()]

    def folders(self) -> list[str]:
        """The folders of the machine in which programs run: none at ``strong``, where they live in memory."""
        return [worker.scratch for worker in self._group.workers.alive() if worker.scratch is not None]

    def slowest(self) -> list[tuple[str, float]]:
        """The requests that took longest, with their wall-clock seconds, slowest first."""
        return self._group.watchdog.slowest()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every worker; safe to call twice."""
        self._finalizer()

    def run(self, requests: Sequence[ExecutionRequest], protocol: str = "strict") -> list[ExecutionResult]:
        """Run every request; results are in the order of the requests, with one outcome per case.

        ``protocol`` is how printed output is compared (see ``compare``). A request that the machine fails five times
        (twenty, as long as other requests are judged meanwhile) has ``infra_error`` outcomes. Raises
        ``InfrastructureError`` on a closed pool, and where the machine fails more than one request in twenty;
        ``UsageError`` for limits that no process can have.
        """
        return list(self.stream(requests, protocol))

    def stream(self, requests: Iterable[ExecutionRequest], protocol: str = "strict") -> Iterator[ExecutionResult]:
        """As ``run``, for any number of requests in bounded memory: takes a request only as results are taken."""
        budget = FailureBudget()
        window: deque[tuple[ExecutionRequest, Future[RetryResult]]] = deque()
        try:
            check_protocol(protocol)
            for request in requests:
                window.append((request, self._put(request, protocol)))
                if len(window) >= self._window:
                    yield self._result(*window.popleft(), budget)
            while window:
                yield self._result(*window.popleft(), budget)
        except (KeyboardInterrupt, SystemExit):
            self.close()  # nothing may be left running
            raise
        finally:
            for _, future in window:
                future.cancel()

    def as_completed(self, requests: Iterable[ExecutionRequest], protocol: str = "strict") -> Iterator[ExecutionResult]:
        """As ``stream``, in the order in which the results are there."""
        budget = FailureBudget()
        ended: queue.SimpleQueue[tuple[ExecutionRequest, Future[RetryResult]]] = queue.SimpleQueue()
        running: set[Future[RetryResult]] = set()

        def next_result() -> ExecutionResult:
            request, future = ended.get()
            running.discard(future)
            return self._result(request, future, budget)

        try:
            check_protocol(protocol)
            for request in requests:
                future = self._put(request, protocol)
                running.add(future)
                future.add_done_callback(lambda done, request=request: ended.put((request, done)))  # type: ignore[misc]
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

    async def run_async(self, requests: Sequence[ExecutionRequest], protocol: str = "strict") -> list[ExecutionResult]:
        """As ``run``, without blocking the event loop."""
        return [result async for result in self.stream_async(requests, protocol)]

    async def stream_async(
        self, requests: Iterable[ExecutionRequest], protocol: str = "strict"
    ) -> AsyncIterator[ExecutionResult]:
        """As ``stream``, without blocking the event loop."""
        budget = FailureBudget()
        window: deque[tuple[ExecutionRequest, Future[RetryResult]]] = deque()
        try:
            check_protocol(protocol)
            for request in requests:
                window.append((request, self._put(request, protocol)))
                if len(window) >= self._window:
                    await asyncio.wait([asyncio.wrap_future(window[0][1])])
                    yield self._result(*window.popleft(), budget)
            while window:
                await asyncio.wait([asyncio.wrap_future(window[0][1])])
                yield self._result(*window.popleft(), budget)
        finally:
            for _, future in window:
                future.cancel()

    def submit(self, request: ExecutionRequest, protocol: str = "strict") -> Future[ExecutionResult]:
        """Add one request; its result comes in the future. The caller bounds what it adds, and counts with ``budget``.

        Raises ``InfrastructureError`` on a closed pool.
        """
        check_protocol(protocol)
        answer: Future[ExecutionResult] = Future()

        def pass_on(done: Future[RetryResult]) -> None:
            if done.cancelled():
                answer.cancel()
            elif (error := done.exception()) is not None:
                answer.set_exception(error)
            else:
                answer.set_result(ExecutionResult(request.request_id, done.result().outcomes, self.isolation))

        self._put(request, protocol).add_done_callback(pass_on)
        return answer

    def _put(self, request: ExecutionRequest, protocol: str) -> Future[RetryResult]:
        check_limits(request.limits)
        try:
            key = self._cache.key(request, protocol)
        except UnhashableTestsError as error:
            refused: Future[RetryResult] = Future()
            refused.set_result(RetryResult((infrastructure(str(error)),) * len(request.suite.cases)))
            return refused
        known = self._cache.get(key)
        if known is not None and not self._group.workers.closed:
            future: Future[RetryResult] = Future()
            future.set_result(RetryResult(known))
            return future
        future = self._group.put(request, protocol)
        future.add_done_callback(lambda done: self._keep(key, done))
        return future

    def _keep(self, key: bytes, done: Future[RetryResult]) -> None:
        if not done.cancelled() and done.exception() is None:
            self._cache.put(key, done.result().outcomes)

    def _result(self, request: ExecutionRequest, future: Future[RetryResult], budget: FailureBudget) -> ExecutionResult:
        outcomes = future.result().outcomes
        budget.add(outcomes)
        return ExecutionResult(request.request_id, outcomes, self.isolation)
