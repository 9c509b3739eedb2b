"""The pool's other ways in: lazily, as completed, asynchronously; its memory of verdicts, and what watches it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import NoReturn

import pytest
from test_pool import echo_job

from real.errors import InfrastructureError
from real.execution import Pool
from real.execution.cache import OutcomeCache
from real.execution.failure_budget import FailureBudget
from real.execution.jail import child
from real.execution.jail.child import _LOOK_S, _Machine
from real.execution.jail.worker_request import WorkerRequest
from real.execution.retries import RetryingWorkers, RetryResult
from real.execution.watchdog import Watchdog
from real.execution.worker import Worker, WorkerError, WorkerStalledError
from real.types import ExecutionRequest, Limits, OutcomeStatus, ScriptSuite, StdinCase, TestOutcome

PASS = TestOutcome(OutcomeStatus.PASS)
LOST = TestOutcome(OutcomeStatus.INFRA_ERROR, detail="no space left on device")


def sleeper(seconds: float, name: str = "sleeper") -> ExecutionRequest:
    return ExecutionRequest(name, f"import time; time.sleep({seconds}); print('x')", ScriptSuite((StdinCase("", "x"),)))


def test_a_stream_takes_jobs_only_as_results_are_taken(pool: Pool) -> None:
    taken: list[int] = []

    def endless() -> Iterator[ExecutionRequest]:
        while True:
            taken.append(len(taken))
            yield echo_job(len(taken))

    stream = pool.stream(endless())
    found = [next(stream).request_id for _ in range(40)]
    stream.close()
    assert found == [str(number + 1) for number in range(40)]
    assert len(taken) <= 40 + 16 * pool.workers


def test_as_completed_hands_over_the_quick_ones_first(pool: Pool) -> None:
    jobs = [sleeper(1.0), *[echo_job(number) for number in range(1000, 1010)]]
    found = [result.request_id for result in pool.as_completed(jobs)]
    assert sorted(found) == sorted(job.request_id for job in jobs)
    assert found[-1] == "sleeper"


def test_async_runs_do_not_block_the_loop(pool: Pool) -> None:
    async def both() -> tuple[list[str], int]:
        ticks = 0

        async def tick() -> NoReturn:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        ticking = asyncio.create_task(tick())
        results = await pool.run_async([sleeper(0.5, "async"), echo_job(2000), echo_job(2001)])
        ticking.cancel()
        return [result.request_id for result in results], ticks

    names, ticks = asyncio.run(both())
    assert names == ["async", "2000", "2001"]
    assert ticks > 10


def test_runs_from_several_threads_share_the_workers(pool: Pool) -> None:
    found: dict[int, list[str]] = {}

    def run(number: int) -> None:
        jobs = [echo_job(number * 100 + each) for each in range(10)]
        found[number] = [
            result.request_id for result in pool.run(jobs) if result.outcomes[0].status is OutcomeStatus.PASS
        ]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(30, 34)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [str(number * 100 + each) for each in range(10)] for number in range(30, 34)}


def test_a_program_judged_before_is_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    run = RetryingWorkers.run
    monkeypatch.setattr(
        RetryingWorkers,
        "run",
        lambda self, slot, job, protocol: asked.append(job.request_id) or run(self, slot, job, protocol),
    )
    suite = ScriptSuite((StdinCase("", "1\n"),))
    with Pool(1) as pool:
        first = pool.run([ExecutionRequest("first", "print(1)", suite)])
        again = pool.run([ExecutionRequest("again", "print(1)", suite)])
        pool.run([ExecutionRequest("other protocol", "print(1)", suite)], "paper")
        pool.run([ExecutionRequest("other limits", "print(1)", suite, Limits(cpu_s=1))])
        pool.run([ExecutionRequest("other tests", "print(1)", ScriptSuite((StdinCase("", "2\n"),)))])
    assert again[0].outcomes == first[0].outcomes
    assert again[0].request_id == "again"
    assert asked == ["first", "other protocol", "other limits", "other tests"]


def test_the_memory_of_verdicts_is_bounded_and_keeps_no_failure_of_the_machine() -> None:
    cache = OutcomeCache(max_bytes=1000, version="1")
    for number in range(10):
        cache.put(bytes([number]), (TestOutcome(OutcomeStatus.PASS, output="x" * 100),))
    assert cache.get(bytes([0])) is None
    assert cache.get(bytes([9])) is not None
    cache.put(b"lost", (LOST,))
    assert cache.get(b"lost") is None
    job = echo_job(1)
    assert cache.key(job, "strict") != OutcomeCache(1000, version="2").key(job, "strict")


def test_a_run_stops_when_the_machine_fails_too_many() -> None:
    budget = FailureBudget()
    for _ in range(96):
        budget.add((PASS,))
    for _ in range(4):
        budget.add((PASS, LOST))
    with pytest.raises(InfrastructureError, match=r"6 of the first 102 .*\(6\): no space left on device"):
        for _ in range(5):
            budget.add((LOST,))


def test_few_failures_among_many_are_borne() -> None:
    budget = FailureBudget()
    for number in range(1000):
        budget.add((LOST,) if number % 21 == 20 else (PASS,))


def test_a_pool_that_loses_every_worker_names_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(self: Worker, request: object) -> None:
        self.close()
        raise WorkerError("the worker was lost: unplugged")

    with Pool(2) as pool:
        monkeypatch.setattr(Worker, "ask", lose)
        with pytest.raises(InfrastructureError, match="unplugged"):
            pool.run([echo_job(number) for number in range(9)])


def test_the_watchdog_names_what_runs_too_long_once() -> None:
    named: list[str] = []
    with Pool(1, patience_s=0.5, watch=lambda request_id, seconds: named.append(request_id)) as pool:
        pool.run([sleeper(3.2, "slow"), echo_job(1)])
        assert pool.slowest()[0][0] == "slow"
        assert pool.slowest()[0][1] > 3
    assert named == ["slow"]


def test_the_watchdog_keeps_only_the_slowest() -> None:
    watchdog = Watchdog(100)
    for number in range(50):
        watchdog.started(0, str(number))
        watchdog.ended(0)
    watchdog.close()
    assert len(watchdog.slowest()) == 10


def test_a_program_that_waited_is_run_once_more_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine was slow the first time only: what counts is the second run."""
    runs: list[str] = []
    queued = threading.Event()  # all of them: a fast worker would find nothing else to do before, and be alone at once
    jobs = [echo_job(0), ExecutionRequest("waits", "", ScriptSuite((StdinCase("", ""),))), echo_job(1), echo_job(2)]
    first = RetryResult((TestOutcome(OutcomeStatus.TIMEOUT),), waited=(0,))

    def run(self: RetryingWorkers, slot: int, job: ExecutionRequest, protocol: str) -> RetryResult:
        assert queued.wait(60)
        runs.append(job.request_id)
        return (
            first
            if runs.count("waits") == 1 and job.request_id == "waits"
            else RetryResult((PASS,) * len(job.suite.cases))
        )

    def requests() -> Iterator[ExecutionRequest]:
        yield from jobs
        queued.set()

    monkeypatch.setattr(RetryingWorkers, "run", run)
    with Pool(1, cache_mb=0) as pool:
        results = list(pool.stream(requests()))
    assert runs[:4] == ["0", "waits", "1", "2"]
    assert runs[4:] == ["waits", "waits"]  # one case alone, then, since that did not wait, all of them
    assert [result.outcomes[0].status.value for result in results] == ["pass"] * 4


def test_a_program_that_waits_again_keeps_its_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def run(self: RetryingWorkers, slot: int, job: ExecutionRequest, protocol: str) -> RetryResult:
        runs.append(len(job.suite.cases))
        return RetryResult((TestOutcome(OutcomeStatus.TIMEOUT),) * len(job.suite.cases), waited=(0,))

    monkeypatch.setattr(RetryingWorkers, "run", run)
    with Pool(1) as pool:
        (result,) = pool.run([ExecutionRequest("waits", "", ScriptSuite((StdinCase("", ""),) * 5))])
    assert runs == [5, 1]
    assert {outcome.status.value for outcome in result.outcomes} == {"timeout"}


@pytest.mark.parametrize(
    "code",
    [
        "import time\ntime.sleep(1000)",
        "import threading\nthreading.Event().wait()",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        "import select, time\nfor _ in range(10 ** 6):\n    select.select([], [], [], 0.05)",
    ],
)
def test_what_sleeps_by_itself_is_seen(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        RetryingWorkers, "second_chance", lambda self, slot, job, protocol, first: found.append(first) or first
    )
    found: list[RetryResult] = []
    with Pool(1, cache_mb=0) as pool:
        for attempt in range(3):  # of a machine that stops for a second nothing can be said
            job = ExecutionRequest(str(attempt), code, ScriptSuite((StdinCase("", "x"),)), Limits(cpu_s=0.2))
            (result,) = pool.run([job])
            assert [outcome.status.value for outcome in result.outcomes] == ["timeout"]
            if found[-1].slept:
                break
    assert found[-1].slept


@pytest.fixture
def sleepers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The requests that ran: all sleep, from 100 on the first time only, and 5 by the machine's fault."""
    runs: list[int] = []

    def run(self: RetryingWorkers, slot: int, job: ExecutionRequest, protocol: str) -> RetryResult:
        number, count = int(job.request_id), len(job.suite.cases)
        runs.append(number)
        if number >= 100 and runs.count(number) > 1:
            return RetryResult((PASS,) * count)
        return RetryResult((TestOutcome(OutcomeStatus.TIMEOUT),) * count, waited=(0,), slept=number != 5)

    monkeypatch.setattr(RetryingWorkers, "run", run)
    return runs


def numbered(*numbers: int) -> list[ExecutionRequest]:
    return [ExecutionRequest(str(number), "", ScriptSuite((StdinCase("", ""),))) for number in numbers]


def test_programs_that_sleep_one_after_the_other_are_believed_after_three(sleepers: list[int]) -> None:
    with Pool(1, cache_mb=0) as pool:
        for number in (0, 1, 100, 2, 3, 4, 5, 6, 7):
            (result,) = pool.run(numbered(number))
            assert result.outcomes[0].status.value == ("pass" if number == 100 else "timeout")
    assert {number for number in sleepers if sleepers.count(number) == 1} == {
        6,
        7,
    }  # not 2: 100 was no sleeper after all


def test_programs_that_sleep_together_do_not_hold_the_others(sleepers: list[int]) -> None:
    """64 of them held a training step for half an hour: each was run again while nothing else ran."""
    with Pool(2, cache_mb=0) as pool:
        results = pool.run(numbered(*range(10, 50)))
    assert {result.outcomes[0].status.value for result in results} == {"timeout"}
    again = sum(sleepers.count(number) > 1 for number in range(10, 50))
    assert 3 <= again <= 3 + 40 / 8


def test_what_is_believed_is_tried_now_and_then(sleepers: list[int]) -> None:
    """The machine may have been to blame: one that works when it runs alone ends the belief."""
    with Pool(1, cache_mb=0) as pool:
        pool.run(numbered(0))
        pool.run(numbered(1))
        pool.run(numbered(2))
        found = [pool.run(numbered(number))[0].outcomes[0].status.value for number in range(100, 116)]
    assert found.index("pass") == 7
    assert set(found[7:]) == {"pass"}


def test_a_program_that_silences_its_worker_twice_is_blamed_only_where_an_empty_one_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = Worker.ask
    silent: list[str] = []

    def ask(self: Worker, request: WorkerRequest) -> object:
        if silent and (silent[0] == "all" or request.code):
            raise WorkerStalledError("timed out")
        return answers(self, request)

    monkeypatch.setattr(Worker, "ask", ask)
    with Pool(1, cache_mb=0) as pool:
        silent.append("programs")
        assert pool.run([echo_job(1)])[0].outcomes[0].status.value == "timeout"
        silent[0] = "all"
        with pytest.raises(InfrastructureError):
            pool.run([echo_job(number) for number in range(9)])


def test_a_program_that_other_work_kept_waiting_may_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It took its share of the CPU: the machine is to blame, and so it is where the watching process was stopped."""
    machine = _Machine()
    machine.look(time.monotonic() + 2 * _LOOK_S)
    offered = machine._offered
    assert offered > 0
    assert machine.kept_waiting(0.5 * offered)
    assert not machine.kept_waiting(0.1 * offered)
    monkeypatch.setattr(child, "_slowed_down", lambda: 400.0)  # beside neighbours of a higher priority
    starved = _Machine()
    for second in range(1, 9):
        starved.look(starved._looked + second)
    assert starved.kept_waiting(8 / 400)
    machine.slept(0.0, time.monotonic() - 2 * _LOOK_S)
    assert machine.kept_waiting(0.0)


def test_closing_fails_what_still_waits() -> None:
    pool = Pool(1)
    futures = [pool.submit(sleeper(30, str(number))) for number in range(3)]
    time.sleep(0.5)
    pool.close()
    for future in futures:
        with pytest.raises(InfrastructureError, match="closed"):
            future.result(10)
