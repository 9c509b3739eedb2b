"""A queue of requests for workers that may die: each request is answered exactly once, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from real.execution.failure_budget import FailureBudget
from real.execution.outcomes import infrastructure, shown
from real.types import ExecutionRequest, ExecutionResult, OutcomeStatus, TestOutcome

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some requests of a batch, by their places in it, and how often they have been lost so far.

    ``suspect``: the request was lost as often as it may be, so an empty program stands in its place. Where that is not
    lost, the request has its ``last_try``.
    """

    places: tuple[int, ...]
    requests: tuple[ExecutionRequest, ...]
    losses: int = 0
    suspect: str = ""  # why it was lost
    last_try: bool = False


def _failed(results: Sequence[ExecutionResult]) -> bool:
    return any(outcome.status is OutcomeStatus.INFRA_ERROR for result in results for outcome in result.outcomes)


class ChunkQueue:
    """Hands out chunks, takes back results, and hands a lost chunk out again until it was lost three times.

    Then an empty program takes its place: where that runs, and the program is lost once more, the program is to blame.
    Every result is counted by ``budget``, whose ``InfrastructureError`` ends a batch that the machines fail too often.
    """

    def __init__(self, requests: Sequence[ExecutionRequest], chunk_size: int, budget: FailureBudget) -> None:
        self._requests, self._budget = list(requests), budget
        self._results: dict[int, ExecutionResult] = {}
        starts = range(0, len(self._requests), chunk_size)
        self._waiting = deque(self._chunk(range(start, min(start + chunk_size, len(requests)))) for start in starts)

    def _chunk(self, places: Sequence[int], losses: int = 0) -> Chunk:
        return Chunk(tuple(places), tuple(self._requests[place] for place in places), losses)

    @property
    def done(self) -> bool:
        """Whether every request has its result."""
        return len(self._results) == len(self._requests)

    def take(self) -> Chunk | None:
        """The next chunk to run, or ``None`` when all are running or done."""
        return self._waiting.popleft() if self._waiting else None

    def put(self, chunk: Chunk, results: Sequence[ExecutionResult]) -> None:
        """Take the results of a chunk; raises ``ValueError`` unless they are one for each of its requests, in order."""
        if [(result.request_id, len(result.outcomes)) for result in results] != [
            (request.request_id, len(request.suite.cases)) for request in chunk.requests
        ]:
            raise ValueError("the results are not those of the requests")
        if chunk.suspect and not chunk.last_try and not _failed(results):
            again = tuple(self._requests[place] for place in chunk.places)
            self._waiting.appendleft(replace(chunk, requests=again, last_try=True))
            return
        for place, result in zip(chunk.places, results, strict=True):
            self._enter(place, result)

    def lose(self, chunk: Chunk, reason: str, isolation: str) -> None:
        """Hand a lost chunk out again, one by one: a request that takes its worker down shall not take others along."""
        if chunk.losses + 1 < ATTEMPTS:
            singles = [self._chunk([place], chunk.losses + 1) for place in chunk.places]
            self._waiting.extendleft(reversed(singles))
        elif chunk.last_try:
            detail = shown(f"an empty program runs, this one does not: {reason}")
            for place, request in zip(chunk.places, chunk.requests, strict=True):
                outcomes = (TestOutcome(OutcomeStatus.ERROR, detail=detail),) * len(request.suite.cases)
                self._enter(place, ExecutionResult(request.request_id, outcomes, isolation))
        elif not chunk.suspect and all(request.code for request in chunk.requests):
            empty = tuple(replace(request, code="") for request in chunk.requests)
            self._waiting.appendleft(replace(chunk, requests=empty, suspect=reason))
        else:
            self._give_up(chunk, f"given up after {ATTEMPTS} attempts: {reason}", isolation)

    def abandon(self, reason: str, isolation: str) -> None:
        """Give up every waiting request, because no worker is left."""
        while (chunk := self.take()) is not None:
            self._give_up(chunk, reason, isolation)

    def _give_up(self, chunk: Chunk, reason: str, isolation: str) -> None:
        for place, request in zip(chunk.places, chunk.requests, strict=True):
            outcomes = (infrastructure(reason),) * len(request.suite.cases)
            self._enter(place, ExecutionResult(request.request_id, outcomes, isolation))

    def _enter(self, place: int, result: ExecutionResult) -> None:
        self._results[place] = result
        self._budget.add(result.outcomes)

    def results(self) -> list[ExecutionResult]:
        """The results of all requests, in order; only when ``done``."""
        return [self._results[place] for place in range(len(self._requests))]
