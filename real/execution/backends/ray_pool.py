"""The pool as actors spread over the nodes of a Ray cluster: nodes may die, jobs are neither lost nor guessed."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from real.errors import InfrastructureError
from real.execution.backends.ledger import ATTEMPTS, Chunk, Ledger
from real.execution.backends.ray_cluster import import_ray, join
from real.execution.backends.ray_crew import Crew, Member, reason_of
from real.execution.backends.ray_scorer import Facts
from real.execution.compare import check_protocol
from real.execution.pool import LEVELS
from real.execution.tally import Tally
from real.types import Job, JobResult

_LARGEST_CHUNK = 8  # jobs: well under a second of work, so that what a dead node takes along is soon done again
_CHUNKS_PER_ACTOR = 16  # of small batches: the last actor to finish shall not keep the others waiting
_TICK_S = 5.0
_SETTLE_S = 3.0
_SLACK_S = 120.0  # past the time that the jobs of a chunk may take, before its actor is given up


@dataclass(frozen=True, slots=True)
class _Errand:
    member: Member
    chunk: Chunk
    deadline: float


class RayPool:
    """Runs jobs in actors of ``cores`` CPUs each (``workers`` cores in all; 0: every free CPU of the cluster).

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
        self._crew = Crew(self._ray, cores, min_isolation, start_s)
        try:
            self._open(math.ceil(workers / cores) or self._free_cpus() // cores)
        except BaseException:
            self.close()
            raise
        self._weakest = self._weakest_member()

    def _open(self, count: int) -> None:
        for _ in range(count):
            self._crew.recruit()
        self._crew.wait_for_starts()
        if self._crew.other_versions:
            raise InfrastructureError(
                f"the nodes of the Ray cluster would give different verdicts: {'; '.join(self._crew.notes)}",
                hint="Install the same version of REAL on every node.",
            )
        if not self._crew.members:
            reasons = "; ".join(dict.fromkeys(self._crew.notes)) or "it has no free CPU"
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

    def _weakest_member(self) -> str:
        return max((member.facts.isolation for member in self._crew.members), key=LEVELS.index)

    @property
    def isolation(self) -> str:
        """The weakest level among the actors that this pool has had."""
        return self._weakest

    def facts(self) -> list[Facts]:
        """What each actor now alive said of itself."""
        return [member.facts for member in self._crew.members]

    def describe(self) -> str:
        """One line: the weakest level, how many actors on how many nodes, and what could not be had."""
        facts = self.facts()
        nodes = len({fact.node_id for fact in facts})
        layers = " | ".join(dict.fromkeys(fact.description for fact in facts))
        missing = f"; not had: {'; '.join(dict.fromkeys(self._crew.notes))}" if self._crew.notes else ""
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
        self._crew.close()
        if self._joined:
            self._ray.shutdown()

    def run(self, jobs: Sequence[Job], protocol: str = "strict") -> list[JobResult]:
        """Run every job; results are in the order of the jobs, with one outcome per case.

        A job whose actor or node was lost three times has ``infra_error`` outcomes. Raises ``UsageError`` for an
        unknown protocol, and ``InfrastructureError`` on a closed pool and, closing it, where the cluster fails more
        than one job in twenty.
        """
        check_protocol(protocol)
        with self._lock:
            if self._closed:
                raise InfrastructureError("the execution pool is closed")
            actors = max(len(self._crew.members) + len(self._crew.starting), 1)
            size = min(_LARGEST_CHUNK, math.ceil(len(jobs) / (actors * _CHUNKS_PER_ACTOR)))
            ledger = Ledger(jobs, max(size, 1), Tally())
            try:
                self._run(ledger, protocol)
            except BaseException:
                self.close()  # Ctrl-C and the like: no actor may be left with an errand that nobody waits for
                raise
        return ledger.results()

    def _run(self, ledger: Ledger, protocol: str) -> None:
        """Keep each actor busy with one chunk at a time, so that what waits stays here and can go anywhere."""
        errands: dict[Any, _Errand] = {}
        replacements = ATTEMPTS * (len(self._crew.members) + len(self._crew.starting))
        while not ledger.done:
            self._hand_out(ledger, errands, protocol)
            if not errands:
                self._crew.give_up_late_starts()
                if not self._crew.starting:
                    ledger.abandon(f"no actor is left: {'; '.join(self._crew.notes[-3:])}", self._weakest)
                    continue
            ready, _ = self._ray.wait([*errands, *self._crew.starting], num_returns=1, timeout=_TICK_S)
            lost: dict[Any, str] = {}
            for reference in ready:
                if reference not in errands:
                    self._admit(reference)
                elif reason := self._collect(reference, errands[reference], ledger):
                    lost[reference] = reason
                else:
                    del errands[reference]
            late = {ref: "it did not answer in time" for ref, e in errands.items() if e.deadline < time.monotonic()}
            for reference, reason in (late | lost).items():
                errand = errands.pop(reference)
                self._crew.notes.append(f"lost an actor on {errand.member.facts.host}: {reason}")
                self._crew.dismiss(errand.member)
                ledger.lose(errand.chunk, reason, self._weakest)
                if replacements > 0:
                    replacements -= 1
                    self._crew.recruit()

    def _hand_out(self, ledger: Ledger, errands: dict[Any, _Errand], protocol: str) -> None:
        busy = {id(errand.member) for errand in errands.values()}
        for member in self._crew.members:
            if id(member) in busy:
                continue
            chunk = ledger.take()
            if chunk is None:
                return
            reference = member.handle.run.remote(chunk.jobs, protocol)
            errands[reference] = _Errand(member, chunk, time.monotonic() + _patience_s(chunk))

    def _admit(self, reference: Any) -> None:  # noqa: ANN401 - Ray's object references have no useful type
        self._crew.arrive(reference)
        if self._crew.members:
            self._weakest = max(self._weakest, self._weakest_member(), key=LEVELS.index)

    def _collect(self, reference: Any, errand: _Errand, ledger: Ledger) -> str | None:  # noqa: ANN401
        """Enter the results of a chunk, or say why there are none."""
        try:
            ledger.put(errand.chunk, self._ray.get(reference))
        except (self._ray.exceptions.RayError, ValueError) as error:
            return reason_of(error)
        return None


def _patience_s(chunk: Chunk) -> float:
    """What the local pools may take at the very worst: every case at its wall-clock limit, three times."""
    per_case = [(max(3 * job.limits.cpu_s, job.limits.cpu_s + 5), len(job.suite.cases)) for job in chunk.jobs]
    return _SLACK_S + ATTEMPTS * sum(seconds * cases for seconds, cases in per_case)
