"""Programs whose tests come out differently each time: found by a second run, and decided by a third, alone.

A test is flaky that both passes and fails with the same code (Luo et al., "An empirical analysis of flaky tests", FSE
2014, section 2); here so is a program for which one case has another status in a second run of its suite. Chance, the
time of day or the order of threads makes programs such, and so can a busy machine. Then the whole suite is run once
more, with no other program beside it, and what comes out counts: one draw as any other, no second chance. That a
program is flaky is recorded beside it.

The second run costs as much as the first at most: a suite of which a case ran out of time is not repeated, because
limits are CPU seconds, which do not depend on what else runs, and repeating endless loops is dear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from real.execution.backends.base import Backend
from real.types import ExecutionRequest, ExecutionResult, OutcomeStatus

_NOT_REPEATED = (OutcomeStatus.TIMEOUT, OutcomeStatus.INFRA_ERROR)  # dear; of the machine, and nothing to compare


def run_flaky_alone(
    pool: Backend, protocol: str, requests: Sequence[ExecutionRequest], results: Mapping[str, ExecutionResult]
) -> dict[str, ExecutionResult]:
    """The results that count for the flaky ones of ``requests``, by request id; ``results`` are those of the first run.

    A run that the machine failed tells nothing: then the first run counts.
    """
    repeated = [
        replace(request, repeat=1)
        for request in requests
        if not any(
            status in (outcome.status, outcome.other)
            for outcome in results[request.request_id].outcomes
            for status in _NOT_REPEATED
        )
    ]
    second = pool.run(repeated, protocol) if repeated else []
    flaky = [
        request
        for request, result in zip(repeated, second, strict=True)
        if _was_judged(result) and _statuses(result) != _statuses(results[request.request_id])
    ]
    alone = [pool.run([replace(request, repeat=2)], protocol)[0] for request in flaky]  # one by one
    return {
        request.request_id: result if _was_judged(result) else results[request.request_id]
        for request, result in zip(flaky, alone, strict=True)
    }


def _was_judged(result: ExecutionResult) -> bool:
    return all(outcome.status is not OutcomeStatus.INFRA_ERROR for outcome in result.outcomes)


def _statuses(result: ExecutionResult) -> list[tuple[OutcomeStatus, OutcomeStatus | None]]:
    """By both protocols."""
    return [(outcome.status, outcome.other) for outcome in result.outcomes]
