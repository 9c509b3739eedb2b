"""A pool of Ray actors on the nodes of a cluster; requests of a node that dies run on another."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from real.errors import InfrastructureError
from real.execution.backends.chunk_queue import ATTEMPTS, Chunk, ChunkQueue
from real.execution.backends.ray_actor import ActorFacts
from real.execution.backends.ray_cluster import import_ray, join
from real.execution.backends.ray_worker_group import RayWorker, RayWorkerGroup, reason_of
from real.execution.compare import check_protocol
from real.execution.failure_budget import FailureBudget
from real.execution.pool import LEVELS
from real.types import ExecutionRequest, ExecutionResult

_LARGEST_CHUNK = 8  # requests: well under a second of work, so that what a dead node takes along is soon done again
_CHUNKS_PER_ACTOR = 16  # of small batches: the last actor to finish shall not keep the others waiting
_TICK_S = 5.0
_SETTLE_S = 3.0
_SLACK_S = 120.0  # past the time that the requests of a chunk may take, before its actor is given up


@dataclass(frozen=True, slots=True)
class _Assignment:
    worker: RayWorker
    chunk: Chunk
    deadline: float


class RayPool:
    """Runs requests in actors of ``cores`` CPUs each (``workers`` cores in all; 0: every free CPU of the cluster).

    ``min_isolation`` holds on every node; a node that cannot reach it runs nothing. ``address`` is Ray's (``None``:
    the cluster that this process or machine belongs to, else a Ray of our own, which ends with the pool).
    Raises ``InfrastructureError`` where Ray or the isolation cannot be had, or where a node has other code.
    """

    def __init__(
        self,
        workers: int = 0,
        min_isolation: str = "medium",
        *,
        address: str | None = None,
        cores: int = 1,
        start_s: float = 60.0,
    ) -> None:
        self._ray = import_ray()
        self._lock = threading.Lock()
        self._closed = False
        self._joined = join(self._ray, address)
        self._group = RayWorkerGroup(self._ray, cores, min_isolation, start_s)
        try:
            self._open(math.ceil(workers / cores) or self._free_cpus() // cores)
        except BaseException:
            self.close()
            raise
        self._weakest = self._weakest_worker()

    def _open(self, count: int) -> None:
        for _ in range(count):
            self._group.start_one()
        self._group.wait_for_starts()
        if self._group.other_versions:
            raise InfrastructureError(
                f"the nodes of the Ray cluster would give different verdicts: {'; '.join(self._group.notes)}",
                hint="Install the same version of REAL on every node.",
            )
        if not self._group.workers:
            reasons = "; ".join(dict.fromkeys(self._group.notes)) or "it has no free CPU"
            raise InfrastructureError(f"no node of the Ray cluster can run programs: {reasons}")

    def _free_cpus(self) -> int:
        """Free CPUs of the cluster; those of a pool that was just closed take a moment to count as free again."""
        deadline = time.monotonic() + _SETTLE_S
        while True:
            free, total = (
                int(cpus.get("CPU", 0)) for cpus in (self._ray.available_resources(), self._ray.cluster_resources())
            )
            if free >= total or time.monotonic() > deadline:
                return free
            time.sleep(0.1)

    def _weakest_worker(self) -> str:
        return max((worker.facts.isolation for worker in self._group.workers), key=LEVELS.index)

    @property
    def isolation(self) -> str:
        """The weakest level among the actors that this pool has had."""
        return self._weakest

    def facts(self) -> list[ActorFacts]:
        """What each actor now alive said of itself."""
        return [worker.facts for worker in self._group.workers]

    def describe(self) -> str:
        """One line: the weakest level, how many actors on how many nodes, and what could not be had."""
        facts = self.facts()
        nodes = len({fact.node_id for fact in facts})
        layers = " | ".join(dict.fromkeys(fact.description for fact in facts))
        missing = f"; not had: {'; '.join(dict.fromkeys(self._group.notes))}" if self._group.notes else ""
        return f"isolation: {self.isolation} at least, {len(facts)} Ray actors on {nodes} nodes ({layers}){missing}"

    def __enter__(self) -> RayPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every actor, and Ray where it was this pool that joined or started it; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._group.close()
        if self._joined:
            self._ray.shutdown()

    def run(self, requests: Sequence[ExecutionRequest], protocol: str = "strict") -> list[ExecutionResult]:
        """Run every request; results are in the order of the requests, with one outcome per case.

        A request whose actor or node was lost three times has ``infra_error`` outcomes. Raises ``UsageError`` for an
        unknown protocol, and ``InfrastructureError`` on a closed pool and, closing it, where the cluster fails more
        than one request in twenty.
        """
        check_protocol(protocol)
        with self._lock:
            if self._closed:
                raise InfrastructureError("the execution pool is closed")
            actors = max(len(self._group.workers) + len(self._group.starting), 1)
            size = min(_LARGEST_CHUNK, math.ceil(len(requests) / (actors * _CHUNKS_PER_ACTOR)))
            ledger = ChunkQueue(requests, max(size, 1), FailureBudget())
            try:
                self._run(ledger, protocol)
            except BaseException:
                self.close()  # Ctrl-C and the like: no actor may be left with an assignment that nobody waits for
                raise
        return ledger.results()

    def _run(self, ledger: ChunkQueue, protocol: str) -> None:
        """Keep each actor busy with one chunk at a time, so that what waits stays here and can go anywhere."""
        assignments: dict[Any, _Assignment] = {}
        replacements = ATTEMPTS * (len(self._group.workers) + len(self._group.starting))
        while not ledger.done:
            self._hand_out(ledger, assignments, protocol)
            if not assignments:
                self._group.give_up_late_starts()
                if not self._group.starting:
                    ledger.abandon(f"no actor is left: {'; '.join(self._group.notes[-3:])}", self._weakest)
                    continue
            ready, _ = self._ray.wait([*assignments, *self._group.starting], num_returns=1, timeout=_TICK_S)
            lost: dict[Any, str] = {}
            for reference in ready:
                if reference not in assignments:
                    self._admit(reference)
                elif reason := self._collect(reference, assignments[reference], ledger):
                    lost[reference] = reason
                else:
                    del assignments[reference]
            late = {ref: "it did not answer in time" for ref, e in assignments.items() if e.deadline < time.monotonic()}
            for reference, reason in (late | lost).items():
                assignment = assignments.pop(reference)
                self._group.notes.append(f"lost an actor on {assignment.worker.facts.host}: {reason}")
                self._group.stop(assignment.worker)
                ledger.lose(assignment.chunk, reason, self._weakest)
                if replacements > 0:
                    replacements -= 1
                    self._group.start_one()

    def _hand_out(self, ledger: ChunkQueue, assignments: dict[Any, _Assignment], protocol: str) -> None:
        busy = {id(assignment.worker) for assignment in assignments.values()}
        for worker in self._group.workers:
            if id(worker) in busy:
                continue
            chunk = ledger.take()
            if chunk is None:
                return
            reference = worker.handle.run.remote(chunk.requests, protocol)
            assignments[reference] = _Assignment(worker, chunk, time.monotonic() + _patience_s(chunk))

    def _admit(self, reference: Any) -> None:  # noqa: ANN401 - Ray's object references have no useful type
        self._group.admit(reference)
        if self._group.workers:
            self._weakest = max(self._weakest, self._weakest_worker(), key=LEVELS.index)

    def _collect(self, reference: Any, assignment: _Assignment, ledger: ChunkQueue) -> str | None:  # noqa: ANN401
        """Enter the results of a chunk, or say why there are none."""
        try:
            ledger.put(assignment.chunk, self._ray.get(reference))
        except (self._ray.exceptions.RayError, ValueError) as error:
            return reason_of(error)
        return None


def _patience_s(chunk: Chunk) -> float:
    """What the local pools may take at the very worst: every case at its wall-clock limit, three times."""
    per_case = [
        (max(3 * request.limits.cpu_s, request.limits.cpu_s + 5), len(request.suite.cases))
        for request in chunk.requests
    ]
    return _SLACK_S + ATTEMPTS * sum(seconds * cases for seconds, cases in per_case)
