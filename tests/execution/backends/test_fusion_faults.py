"""A SandboxFusion server that fails: what is worth a second request gets one, and no failure becomes a score."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from fusion_stub import FusionStub

from real.errors import InfrastructureError, UsageError
from real.execution.backends import fusion_client
from real.execution.backends.fusion_client import FusionError
from real.execution.backends.fusion_pool import FusionPool
from real.execution.backends.fusion_request import Reply
from real.execution.jail.worker_request import WorkerRequest
from real.types import ExecutionRequest, ExecutionResult, OutcomeStatus, ScriptSuite, StdinCase

ECHO = ExecutionRequest("echo", "print(input())", ScriptSuite((StdinCase("a\n", "a\n"),) * 2))

FAULTS = {
    "500": "HTTP 500",
    "503": "HTTP 503",
    "429": "HTTP 429",
    "garbage": "not JSON: '<html>",
    "deep": "not JSON",
    "list": "not a JSON object",
    "empty": "it ran nothing",
    "drop": "does not answer",
    "cut": "does not answer",
    "sandbox error": "no space left on device",
    "not started": "bash: fork: retry",
    "no return code": "no return code",
    "bad base64": "not base64",
}


@pytest.fixture
def stub() -> Iterator[FusionStub]:
    with FusionStub() as server:
        yield server


@pytest.fixture
def fusion(stub: FusionStub) -> Iterator[FusionPool]:
    with FusionPool(stub.url, 2, backoff_s=0.01, slack_s=20) as pool:
        stub.requests.clear()
        yield pool


def run(pool: FusionPool) -> ExecutionResult:
    (result,) = pool.run([ECHO])
    return result


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failed_request_is_sent_again(stub: FusionStub, fusion: FusionPool, fault: str) -> None:
    stub.faults.extend([fault] * 2)
    assert [outcome.status for outcome in run(fusion).outcomes] == [OutcomeStatus.PASS] * 2
    assert len(stub.requests) == 4  # two spoilt, then one for each case


@pytest.mark.parametrize("fault", FAULTS)
def test_three_failures_mask_the_job_and_say_why(stub: FusionStub, fusion: FusionPool, fault: str) -> None:
    stub.faults.extend([fault] * 6)  # also of an empty program, which would put the blame on this one
    result = run(fusion)
    assert [outcome.status for outcome in result.outcomes] == [OutcomeStatus.INFRA_ERROR] * 2
    assert FAULTS[fault] in result.outcomes[0].detail
    assert len(stub.requests) == 6
    assert run(fusion).outcomes[0].status is OutcomeStatus.PASS  # the next job is another matter


def test_a_request_that_is_wrong_is_not_sent_again(stub: FusionStub, fusion: FusionPool) -> None:
    stub.faults.extend(["422"] * 2)
    result = run(fusion)
    assert {outcome.status for outcome in result.outcomes} == {OutcomeStatus.INFRA_ERROR}
    assert "HTTP 422" in result.outcomes[0].detail
    assert len(stub.requests) == 2


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_no_answer_in_time_is_no_answer(stub: FusionStub, fault: str) -> None:
    with FusionPool(stub.url, 1, backoff_s=0.01, slack_s=-21.0) as pool:  # which leaves three of 24 seconds
        stub.faults.append(fault)
        began = time.monotonic()
        assert [outcome.status for outcome in run(pool).outcomes] == [OutcomeStatus.PASS] * 2
        assert 2.5 < time.monotonic() - began < 20


def test_an_answer_without_an_end_is_the_programs_doing(
    stub: FusionStub, fusion: FusionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fusion_client, "_MAX_RESPONSE", 100)
    result = run(fusion)
    assert [outcome.status for outcome in result.outcomes] == [OutcomeStatus.OUTPUT_LIMIT] * 2
    assert len(stub.requests) == 2


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(InfrastructureError, match=r"no SandboxFusion server runs programs at http.*refused"):
            FusionPool(url, backoff_s=0.01)


def test_something_else_listens(stub: FusionStub) -> None:
    with pytest.raises(InfrastructureError, match="HTTP 404"):
        FusionPool(f"{stub.url}/elsewhere", backoff_s=0.01)


def test_a_server_that_goes_away_masks_what_is_left(stub: FusionStub, fusion: FusionPool) -> None:
    assert run(fusion).outcomes[0].status is OutcomeStatus.PASS
    stub.close()
    results = fusion.run([ECHO] * 3)
    assert {outcome.status for result in results for outcome in result.outcomes} == {OutcomeStatus.INFRA_ERROR}


def test_a_server_that_fails_too_often_ends_the_batch(stub: FusionStub, fusion: FusionPool) -> None:
    stub.faults.extend(["422"] * 100)
    with pytest.raises(InfrastructureError, match=r"5 of the first 5 programs could not be judged.*HTTP 422"):
        fusion.run([ECHO] * 100)
    assert len(stub.requests) < 50


def test_one_bad_answer_spoils_no_job(stub: FusionStub, fusion: FusionPool) -> None:
    stub.faults.append("422")
    statuses = [result.outcomes[0].status for result in fusion.run([ECHO] * 6)]
    assert statuses == [OutcomeStatus.PASS] * 6


def test_a_program_that_the_server_fails_with_each_time_is_to_blame(
    fusion: FusionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = FusionPool._exchange

    def provoked(self: FusionPool, request: WorkerRequest, cases: Sequence[object]) -> Reply:
        if "evil" in request.code:
            raise FusionError("the server failed: killed")
        return exchange(self, request, cases)

    monkeypatch.setattr(FusionPool, "_exchange", provoked)
    evil, good = fusion.run([replace(ECHO, code="evil = 1"), ECHO])
    assert [outcome.status for outcome in evil.outcomes] == [OutcomeStatus.ERROR] * 2
    assert "killed" in evil.outcomes[0].detail
    assert [outcome.status for outcome in good.outcomes] == [OutcomeStatus.PASS] * 2


def test_closing_ends_requests_that_hang(stub: FusionStub, fusion: FusionPool) -> None:
    stub.faults.append("hang")
    results: list[ExecutionResult] = []
    thread = threading.Thread(target=lambda: results.extend(fusion.run([ECHO])))
    thread.start()
    while not stub.requests:
        time.sleep(0.01)
    fusion.close()
    thread.join(5)
    assert not thread.is_alive()
    assert {outcome.status for outcome in results[0].outcomes} == {OutcomeStatus.INFRA_ERROR}
    with pytest.raises(InfrastructureError, match="closed"):
        fusion.run([ECHO])


def test_a_batch_that_is_interrupted_is_given_up(
    stub: FusionStub, fusion: FusionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fusion, "_run_one", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fusion.run([ECHO])
    with pytest.raises(InfrastructureError, match="closed"):
        fusion.run([ECHO])


def test_wrong_arguments(fusion: FusionPool) -> None:
    with pytest.raises(UsageError, match="unknown protocol"):
        fusion.run([ECHO], "lenient")
    with pytest.raises(UsageError, match="-1 workers"):
        FusionPool("http://localhost", -1)
