"""The pool: order, counts, workers that die, and ends that leave nothing behind."""

from __future__ import annotations

import copy
import functools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from workers import survivors

from real.errors import InfrastructureError, UsageError
from real.execution import Pool, retries
from real.execution import pool as pool_module
from real.execution import worker as worker_module
from real.execution.jail import frames
from real.execution.jail.worker_request import WorkerRequest
from real.execution.jail.working_directory import WorkingDirectory
from real.execution.retries import RetryingWorkers, RetryResult, _FailureHistory
from real.execution.worker import Worker, WorkerError, WorkerReport
from real.types import CallCase, CallSuite, ExecutionRequest, Limits, OutcomeStatus, ScriptSuite, StdinCase

ECHO = "print(input())"
IMPORT_PATHS = worker_module._import_paths()


def echo_job(number: int, cases: int = 1) -> ExecutionRequest:
    suite = ScriptSuite(tuple(StdinCase(f"{number}.{case}\n", f"{number}.{case}\n") for case in range(cases)))
    return ExecutionRequest(str(number), ECHO, suite)


def wait_until_gone(parent: int | None = None) -> list[str]:
    """What is left of a process's workers once they had time to end."""
    deadline = time.monotonic() + 20
    while (left := survivors(parent)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def test_order_and_counts_are_kept(any_pool: Pool) -> None:
    jobs = [echo_job(number, cases=number % 4) for number in range(30)]
    results = any_pool.run(jobs)
    assert [result.request_id for result in results] == [job.request_id for job in jobs]
    assert [len(result.outcomes) for result in results] == [len(job.suite.cases) for job in jobs]
    assert {outcome.status for result in results for outcome in result.outcomes} == {OutcomeStatus.PASS}


def test_nothing_to_do(pool: Pool) -> None:
    assert pool.run([]) == []
    assert pool.run([ExecutionRequest("none", "", CallSuite("f", ()))])[0].outcomes == ()


def test_equal_runs_give_equal_verdicts(pool: Pool) -> None:
    program = "print({'a', 'b', 'c', 'd'}, hash('x') % 97, [id(0) > 0])"
    results = pool.run(
        [ExecutionRequest("job", f"{program}  # {n}", ScriptSuite((StdinCase("", ""),))) for n in range(8)]
    )
    assert len({result.outcomes[0].output for result in results}) == 1


def test_workers_killed_in_mid_batch_lose_nothing() -> None:
    program = "import time\ntime.sleep(0.05)\nprint(input())"
    jobs = [ExecutionRequest(str(n), program, ScriptSuite((StdinCase(f"{n}\n", f"{n}\n"),) * 2)) for n in range(20)]
    done = threading.Event()
    killed: list[int] = []

    def kill_now_and_then(pool: Pool) -> None:
        while len(killed) < 4 and not done.wait(0.4):
            victim = next(iter(pool.worker_pids()), 0)
            if not victim:  # the last one was killed, and the next is not there yet
                continue
            if len(killed) % 2:  # its zygote instead
                victim = int(Path(f"/proc/{victim}/task/{victim}/children").read_text().split()[0])
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

    with Pool(2) as pool:
        killer = threading.Thread(target=kill_now_and_then, args=(pool,))
        killer.start()
        results = pool.run(jobs)
        done.set()
        killer.join()
    assert killed
    assert [result.request_id for result in results] == [job.request_id for job in jobs]
    assert {outcome.status for result in results for outcome in result.outcomes} == {OutcomeStatus.PASS}


def test_a_job_that_always_loses_its_worker_is_masked_not_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(self: Worker, request: object) -> None:
        self.close()
        raise WorkerError("the worker was lost: unplugged")

    with Pool(1) as pool:
        monkeypatch.setattr(Worker, "ask", lose)
        (result,) = pool.run([echo_job(1, cases=3)])
    assert [outcome.status for outcome in result.outcomes] == [OutcomeStatus.INFRA_ERROR] * 3
    assert "unplugged" in result.outcomes[0].detail


def test_a_job_that_is_unlucky_while_others_are_judged_gets_more_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are killed at random, again and again: five attempts would mask jobs that another would judge."""
    attempt, lost = RetryingWorkers._attempt, []

    def unlucky(
        self: RetryingWorkers, slot: int, job: ExecutionRequest, protocol: str, history: _FailureHistory
    ) -> RetryResult | None:
        if job.request_id == "1" and len(lost) < 9:
            lost.append(1)
            until = time.monotonic() + 60
            while self._answered < len(lost) and time.monotonic() < until:  # others are judged, on any machine
                time.sleep(0.01)
            return None
        return attempt(self, slot, job, protocol, history)

    monkeypatch.setattr(RetryingWorkers, "_attempt", unlucky)
    monkeypatch.setattr(retries, "_PAUSE_S", 0.05)
    with Pool(2, cache_mb=0) as pool:
        results = pool.run([echo_job(1), *[echo_job(2)] * 200])
    assert len(lost) == 9
    assert {outcome.status for result in results for outcome in result.outcomes} == {OutcomeStatus.PASS}


def test_a_full_disk_is_no_verdict_and_may_be_over_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for a program nor for the script of its database, whose failures are remembered."""
    ask, starved = Worker.ask, [1, 1]  # not while the pool proves its level

    def on_a_full_disk(self: Worker, request: WorkerRequest) -> WorkerReport:
        report = ask(self, request)
        if len(starved) < 2:
            starved.append(1)
            full = replace(report.cases[0], full=True, how="exit", code=1, stdout=b"", files={})
            return replace(report, cases=[full])
        return report

    monkeypatch.setattr(retries, "_PAUSE_S", 0.0)
    monkeypatch.setattr(Worker, "ask", on_a_full_disk)
    with Pool(1) as pool:
        starved.clear()
        (plain,) = pool.run([echo_job(1)])
        starved.clear()
        database = "import sqlite3\nsqlite3.connect('a.db').execute('CREATE TABLE a (b)')"
        (built,) = pool.run([ExecutionRequest("built", ECHO, ScriptSuite((StdinCase("x\n", "x"),), database))])
    assert len(starved) == 2
    assert [plain.outcomes[0].status, built.outcomes[0].status] == [OutcomeStatus.PASS] * 2


NO_SPACE = "raise OSError(28, 'No space left on device')"


def test_a_program_that_says_the_disk_is_full_is_no_failure_of_the_machine() -> None:
    """It could choose not to be scored otherwise."""
    with Pool(2, level="medium") as pool:
        (result,) = pool.run([ExecutionRequest("1", NO_SPACE, ScriptSuite((StdinCase("x", "x"),) * 2))])
    assert [outcome.status for outcome in result.outcomes] == [OutcomeStatus.OUTPUT_LIMIT] * 2


def test_a_disk_that_a_neighbour_filled_is_not_held_against_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    ask, asked = Worker.ask, []

    def first_beside_a_neighbour(self: Worker, request: WorkerRequest) -> WorkerReport:
        if request.code != ECHO:
            return ask(self, request)
        asked.append(1)
        beside = copy.copy(request)
        if len(asked) == 1:
            beside.code = NO_SPACE
        return ask(self, beside)

    monkeypatch.setattr(Worker, "ask", first_beside_a_neighbour)
    with Pool(2, level="medium") as pool:
        (result,) = pool.run([echo_job(1)])
    assert [outcome.status for outcome in result.outcomes] == [OutcomeStatus.PASS]
    assert len(asked) == 3  # beside the neighbour, one case alone, all of them


def test_who_holds_half_of_a_full_disk_has_filled_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = SimpleNamespace(f_bavail=0, f_frsize=4096, f_blocks=256)  # 1 MiB
    box = WorkingDirectory(
        SimpleNamespace(box=str(tmp_path / "box"), own_namespaces=False, level="medium", program_uid=None), 16
    )
    box.open()
    assert not box.starved()  # the real disk has room
    monkeypatch.setattr(os, "statvfs", lambda path: small)
    box.fill({"some": bytes(400 << 10)})
    assert box.starved()
    box.fill({"more": bytes(200 << 10)})
    assert not box.starved()


def test_a_level_out_of_reach_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(level: str, slot: int) -> Worker:
        raise WorkerError(f"no {level} here")

    monkeypatch.setattr(pool_module, "Worker", refuse)
    with pytest.raises(InfrastructureError, match=r"cannot reach isolation level 'medium'.*no strong here.*no medium"):
        Pool(1)


def test_a_level_that_does_not_hold_what_it_promises_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real_worker = Worker

    def pretend(level: str, slot: int) -> Worker:
        worker = real_worker("weak", slot)
        worker.level = level
        return worker

    monkeypatch.setattr(pool_module, "Worker", pretend)
    with pytest.raises(InfrastructureError, match=r"a program could .*start a process"):
        Pool(1, level="medium")


def test_tests_that_cannot_be_handed_over_are_masked_and_cost_no_worker(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    # Other tests load MyPy, which raises the limit of the whole process: this one is about the usual limit.
    request.addfinalizer(functools.partial(sys.setrecursionlimit, sys.getrecursionlimit()))
    sys.setrecursionlimit(1000)
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    (result,) = pool.run([ExecutionRequest("deep", "def f(x): return 1", CallSuite("f", (CallCase(1, (deep,)),) * 2))])  # type: ignore[arg-type]
    assert [outcome.status for outcome in result.outcomes] == [OutcomeStatus.INFRA_ERROR] * 2
    assert "nested too deeply" in result.outcomes[0].detail
    before = pool.worker_pids()
    monkeypatch.setattr(frames, "_MAX_HEADER", 1000)
    (result,) = pool.run([ExecutionRequest("large", "", ScriptSuite((StdinCase("a" * 2000, ""),)))])
    assert result.outcomes[0].status is OutcomeStatus.INFRA_ERROR
    assert "too large" in result.outcomes[0].detail
    assert pool.worker_pids() == before


@pytest.mark.parametrize("limits", [Limits(cpu_s=float("nan")), Limits(cpu_s=0), Limits(memory_mb=0)])
def test_limits_that_no_process_can_have(pool: Pool, limits: Limits) -> None:
    with pytest.raises(UsageError, match="it must be"):
        pool.run([ExecutionRequest("job", "", ScriptSuite((StdinCase("", ""),)), limits)])


def test_wrong_arguments() -> None:
    with pytest.raises(UsageError, match="unknown isolation level"):
        Pool(1, "paranoid")
    with pytest.raises(UsageError, match="-1 workers"):
        Pool(-1)


def test_closing_ends_everything_and_closed_pools_say_so() -> None:
    with Pool(2) as pool:
        pool.run([echo_job(number) for number in range(4)])
        mine = set(pool.worker_pids())
        assert "isolation: " in pool.describe()
    pool.close()
    assert mine.isdisjoint(int(pid) for pid in survivors())
    with pytest.raises(InfrastructureError, match="closed"):
        pool.run([echo_job(1)])


SCRIPT = """
import sys
from real.execution import Pool
from real.types import ExecutionRequest, Limits, ScriptSuite, StdinCase
job = ExecutionRequest("job", "while True: pass", ScriptSuite((StdinCase("", ""),)), Limits(cpu_s=60))
pool = Pool(2)
print(*pool.folders(), "started", flush=True)
pool.run([job] * 4)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupting_or_killing_the_parent_leaves_nothing(number: signal.Signals) -> None:
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "started" in process.stdout.readline()
        deadline = time.monotonic() + 20
        while len(survivors(process.pid)) < 8 and time.monotonic() < deadline:  # 2 x launcher, zygote, supervisor, case
            time.sleep(0.05)
        assert len(survivors(process.pid)) >= 8
        process.send_signal(number)
        process.wait(20)
        assert process.returncode != 0
        assert wait_until_gone(process.pid) == []


def test_limits_hold_for_each_case_not_for_the_job(pool: Pool) -> None:
    program = "import time\nend = time.process_time() + 0.15\nwhile time.process_time() < end: pass\nprint('x')"
    suite = ScriptSuite((StdinCase("", "x"),) * 6)
    (result,) = pool.run([ExecutionRequest("job", program, suite, Limits(cpu_s=0.6))])
    assert {outcome.status for outcome in result.outcomes} == {OutcomeStatus.PASS}


def test_calls_are_isolated_from_each_other(any_pool: Pool) -> None:
    program = """
import os
seen = []
def f(x):
    seen.append(x)
    open("f", "w").close()
    return [seen, os.listdir(".")]
"""
    suite = CallSuite("f", tuple(CallCase([[n], ["f"]], (n,)) for n in range(3)))
    (result,) = any_pool.run([ExecutionRequest("job", program, suite)])
    assert {outcome.status for outcome in result.outcomes} == {OutcomeStatus.PASS}


def test_an_interpreter_below_tmp_does_not_weaken_the_sandbox(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virtual environment in /tmp needs a place in the jail where a link to the working directory would be."""
    folder = tempfile.mkdtemp(dir="/tmp")
    monkeypatch.setattr(worker_module, "_import_paths", lambda: [*IMPORT_PATHS, folder])
    try:
        with Pool(1, level=pool.isolation) as below_tmp:
            assert below_tmp.run([echo_job(1)])[0].outcomes[0].status is OutcomeStatus.PASS
    finally:
        Path(folder).rmdir()
