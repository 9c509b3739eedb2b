"""The jobs of one batch on their way to workers that may die: each is answered exactly once, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from real.execution.outcomes import infrastructure
from real.execution.tally import Tally
from real.types import Job, JobResult

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some jobs of a batch, by their places in it, and how often they have been lost so far."""

    places: tuple[int, ...]
    jobs: tuple[Job, ...]
    losses: int = 0


class Ledger:
    """Hands out chunks, takes back results, and hands a lost chunk out again until it was lost three times.

    Every result is counted by ``tally``, whose ``InfrastructureError`` ends a batch that the machines fail too often.
    """

    def __init__(self, jobs: Sequence[Job], chunk_size: int, tally: Tally) -> None:
        self._jobs, self._tally = list(jobs), tally
        self._results: dict[int, JobResult] = {}
        starts = range(0, len(self._jobs), chunk_size)
        self._waiting = deque(self._chunk(range(start, min(start + chunk_size, len(jobs)))) for start in starts)

    def _chunk(self, places: Sequence[int], losses: int = 0) -> Chunk:
        return Chunk(tuple(places), tuple(self._jobs[place] for place in places), losses)

    @property
    def done(self) -> bool:
        """Whether every job has its result."""
        return len(self._results) == len(self._jobs)

    def take(self) -> Chunk | None:
        """The next chunk to run, or ``None`` when all are out or done."""
        return self._waiting.popleft() if self._waiting else None

    def put(self, chunk: Chunk, results: Sequence[JobResult]) -> None:
        """Take the results of a chunk; raises ``ValueError`` unless they are one for each of its jobs, in order."""
        if [(result.job_id, len(result.outcomes)) for result in results] != [
            (job.job_id, len(job.suite.cases)) for job in chunk.jobs
        ]:
            raise ValueError("the results are not those of the jobs")
        for place, result in zip(chunk.places, results, strict=True):
            self._enter(place, result)

    def lose(self, chunk: Chunk, reason: str, isolation: str) -> None:
        """Hand a lost chunk out again, job by job: a job that takes its worker down shall not take others along."""
        if chunk.losses + 1 < ATTEMPTS:
            singles = [self._chunk([place], chunk.losses + 1) for place in chunk.places]
            self._waiting.extendleft(reversed(singles))
        else:
            self._give_up(chunk, f"given up after {ATTEMPTS} attempts: {reason}", isolation)

    def abandon(self, reason: str, isolation: str) -> None:
        """Give up every job that waits: there is nobody left to run it."""
        while (chunk := self.take()) is not None:
            self._give_up(chunk, reason, isolation)

    def _give_up(self, chunk: Chunk, reason: str, isolation: str) -> None:
        for place, job in zip(chunk.places, chunk.jobs, strict=True):
            outcomes = (infrastructure(reason),) * len(job.suite.cases)
            self._enter(place, JobResult(job.job_id, outcomes, isolation))

    def _enter(self, place: int, result: JobResult) -> None:
        self._results[place] = result
        self._tally.add(result.outcomes)

    def results(self) -> list[JobResult]:
        """The results of all jobs, in order; only when ``done``."""
        return [self._results[place] for place in range(len(self._jobs))]
