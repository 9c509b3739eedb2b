"""Whatever is lost on the way, each job is answered once and in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real.errors import InfrastructureError
from real.execution.backends.chunk_queue import ATTEMPTS, Chunk, ChunkQueue
from real.execution.failure_budget import FailureBudget
from real.types import ExecutionRequest, ExecutionResult, OutcomeStatus, ScriptSuite, StdinCase, TestOutcome


class Lenient(FailureBudget):
    """Accepts any number of failures."""

    def add(self, outcomes: tuple[TestOutcome, ...]) -> None:
        pass


def job(number: int) -> ExecutionRequest:
    return ExecutionRequest(str(number), "", ScriptSuite((StdinCase("", ""),) * (number % 3)))


def answers(chunk: Chunk) -> list[ExecutionResult]:
    return [
        ExecutionResult(j.request_id, (TestOutcome(OutcomeStatus.PASS),) * len(j.suite.cases), "strong")
        for j in chunk.requests
    ]


@given(st.integers(0, 40), st.integers(1, 7), st.data())
def test_order_and_counts_survive_any_losses(count: int, size: int, data: st.DataObject) -> None:
    jobs = [job(number) for number in range(count)]
    ledger = ChunkQueue(jobs, size, Lenient())
    out: list[Chunk] = []
    losses = dict.fromkeys(range(count), 0)
    while not ledger.done:
        if (chunk := ledger.take()) is not None:
            out.append(chunk)
        if out and (chunk is None or data.draw(st.booleans())):
            chunk = out.pop(data.draw(st.integers(0, len(out) - 1)))
            if data.draw(st.booleans()):
                ledger.lose(chunk, "unplugged", "weak")
                for place in chunk.places:
                    losses[place] += 1
            else:
                ledger.put(chunk, answers(chunk))
    results = ledger.results()
    assert [result.request_id for result in results] == [j.request_id for j in jobs]
    for place, (result, asked) in enumerate(zip(results, jobs, strict=True)):
        assert len(result.outcomes) == len(asked.suite.cases)
        given_up = losses[place] == ATTEMPTS
        expected = OutcomeStatus.INFRA_ERROR if given_up else OutcomeStatus.PASS
        assert {outcome.status for outcome in result.outcomes} <= {expected}


def test_a_job_that_takes_its_worker_down_does_not_take_others_along() -> None:
    ledger = ChunkQueue([job(number) for number in range(5)], 5, Lenient())
    while (chunk := ledger.take()) is not None:
        if any(j.request_id == "2" for j in chunk.requests):
            ledger.lose(chunk, "it died", "strong")
        else:
            ledger.put(chunk, answers(chunk))
    statuses = [[outcome.status.value for outcome in result.outcomes] for result in ledger.results()]
    assert statuses == [[], ["pass"], ["infra_error"] * 2, [], ["pass"]]
    assert "after 3 attempts: it died" in ledger.results()[2].outcomes[0].detail


def test_abandoned_jobs_are_masked() -> None:
    ledger = ChunkQueue([job(1), job(2)], 1, Lenient())
    chunk = ledger.take()
    assert chunk is not None
    ledger.put(chunk, answers(chunk))
    ledger.abandon("nobody is left", "medium")
    assert ledger.done
    assert [outcome.status.value for outcome in ledger.results()[1].outcomes] == ["infra_error"] * 2
    assert ledger.results()[0].outcomes[0].status is OutcomeStatus.PASS


@pytest.mark.parametrize("wrong", [[], [ExecutionResult("other", (), "strong")], [ExecutionResult("1", (), "strong")]])
def test_results_of_other_jobs_are_refused(wrong: list[ExecutionResult]) -> None:
    ledger = ChunkQueue([job(1)], 1, Lenient())
    chunk = ledger.take()
    assert chunk is not None
    with pytest.raises(ValueError, match="not those of the requests"):
        ledger.put(chunk, wrong)
    assert not ledger.done


def test_too_many_failures_end_the_batch() -> None:
    ledger = ChunkQueue([job(1) for _ in range(20)], 4, FailureBudget())
    for _ in range(3):
        chunk = ledger.take()
        assert chunk is not None
        ledger.put(chunk, answers(chunk))
    with pytest.raises(InfrastructureError, match=r"5 of the first 17 programs .* nobody is left"):
        ledger.abandon("nobody is left", "medium")
