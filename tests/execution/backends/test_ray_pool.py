"""The pool on a real Ray cluster of three nodes on this machine: spread, losses, refusals, and clean ends.

A cluster takes a minute to start on a busy machine, and each process of pytest starts its own: the test with everything
in it (three nodes, jobs of every kind, one node that dies) runs always, the others are marked slow.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from real.errors import InfrastructureError, UsageError
from real.execution import Pool
from real.execution.backends import open_backend, ray_worker_group
from real.execution.backends.chunk_queue import ChunkQueue
from real.execution.backends.ray_pool import RayPool, _Assignment
from real.execution.backends.ray_worker_group import RayWorker
from real.execution.config import BackendName, ExecutionCfg, Isolation
from real.judge import Judge, JudgeCfg
from real.types import (
    CallCase,
    CallSuite,
    Completion,
    ExecutionRequest,
    ExecutionResult,
    LiteralCase,
    LiteralSuite,
    OutcomeStatus,
    ScriptSuite,
    StdinCase,
)

NODE = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
QUICK_TO_NOTICE = {"health_check_period_ms": 1000, "health_check_failure_threshold": 3}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    made = Cluster(initialize_head=True, head_node_args={**NODE, "_system_config": QUICK_TO_NOTICE})
    for _ in range(2):
        made.add_node(**NODE)
    made.wait_for_nodes()
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture(scope="module")
def spread(cluster: Cluster) -> Iterator[RayPool]:
    with RayPool(address=cluster.address) as pool:
        yield pool


def nap_job(number: int, seconds: float = 0.0) -> ExecutionRequest:
    code = f"import time\ntime.sleep({seconds})\nprint(input())"
    suite = ScriptSuite(tuple(StdinCase(f"{number}.{case}\n", f"{number}.{case}\n") for case in range(number % 3)))
    return ExecutionRequest(str(number), code, suite)


def mixed_jobs(seconds: float) -> list[ExecutionRequest]:
    """Jobs of every kind and outcome, slow enough for something to happen meanwhile."""
    jobs = [nap_job(number, seconds) for number in range(40)]
    jobs += [ExecutionRequest("wrong", "print(1)", ScriptSuite((StdinCase("", "2"),)))]
    jobs += [ExecutionRequest("error", "1 / 0", ScriptSuite((StdinCase("", "2"),) * 2))]
    jobs += [ExecutionRequest("syntax", "print(", ScriptSuite((StdinCase("", "2"),)))]
    jobs += [ExecutionRequest("call", "def f(x): return x", CallSuite("f", (CallCase(1, (1,)), CallCase(1, (2,)))))]
    jobs += [
        ExecutionRequest("raise", "def f(x): raise KeyError", LiteralSuite("f", (LiteralCase("(1,)", "KeyError"),)))
    ]
    return jobs


def verdicts(results: list[ExecutionResult]) -> list[tuple[str, list[OutcomeStatus]]]:
    return [(result.request_id, [outcome.status for outcome in result.outcomes]) for result in results]


def run_while(pool: RayPool, jobs: list[ExecutionRequest], happens: threading.Thread) -> list[ExecutionResult]:
    happens.start()
    try:
        return pool.run(jobs)
    finally:
        happens.join()


@pytest.mark.slow
def test_actors_are_spread_over_the_nodes(spread: RayPool) -> None:
    facts = spread.facts()
    assert len(facts) == 3
    assert len({fact.node_id for fact in facts}) == 3
    assert "3 Ray actors on 3 nodes" in spread.describe()


@pytest.mark.slow
def test_work_is_spread_too(spread: RayPool, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = []
    collect = RayPool._collect

    def note(self: RayPool, reference: object, assignment: _Assignment, ledger: ChunkQueue) -> str | None:
        nodes.append(assignment.worker.facts.node_id)
        return collect(self, reference, assignment, ledger)

    monkeypatch.setattr(RayPool, "_collect", note)
    spread.run([nap_job(1, 0.2) for _ in range(12)])
    assert len(nodes) == 12  # chunks, of one job each where there are few
    assert set(nodes) == {fact.node_id for fact in spread.facts()}


@pytest.mark.slow
def test_verdicts_and_order_are_those_of_the_local_pool(spread: RayPool, pool: Pool) -> None:
    jobs = mixed_jobs(0.0)
    results = spread.run(jobs)
    assert verdicts(results) == verdicts(pool.run(jobs))
    assert {result.isolation for result in results} == {spread.isolation} == {pool.isolation}


@pytest.mark.slow
def test_the_isolation_is_that_of_the_weakest_actor(spread: RayPool, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = spread._group.workers
    weak = RayWorker(first.handle, replace(first.facts, isolation="weak"))
    monkeypatch.setattr(spread._group, "workers", [*others, weak])
    assert spread._weakest_worker() == "weak"


@pytest.mark.slow
def test_nothing_to_do(spread: RayPool) -> None:
    assert spread.run([]) == []


@pytest.mark.slow
def test_a_killed_actor_loses_nothing_and_is_replaced(spread: RayPool, pool: Pool) -> None:
    jobs = mixed_jobs(0.05)
    before = {fact.pid for fact in spread.facts()}

    def kill() -> None:
        time.sleep(0.5)
        os.kill(spread.facts()[0].pid, signal.SIGKILL)

    assert verdicts(run_while(spread, jobs, threading.Thread(target=kill))) == verdicts(pool.run(jobs))
    assert spread.run([nap_job(1)])[0].outcomes[0].status is OutcomeStatus.PASS
    assert len(before - {fact.pid for fact in spread.facts()}) == 1
    assert "lost an actor" in spread.describe()


@pytest.mark.slow
def test_an_actor_that_stops_answering_is_given_up(spread: RayPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("real.execution.backends.ray_pool._patience_s", lambda chunk: 4.0)
    monkeypatch.setattr("real.execution.backends.ray_pool._TICK_S", 0.5)
    os.kill(spread.facts()[0].pid, signal.SIGSTOP)
    results = spread.run([nap_job(1) for _ in range(30)])
    assert {outcome.status for result in results for outcome in result.outcomes} == {OutcomeStatus.PASS}
    assert "did not answer in time" in spread.describe()


@pytest.mark.slow
def test_a_job_that_always_loses_its_actor_is_masked_and_no_other(
    spread: RayPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect = RayPool._collect

    def lose(self: RayPool, reference: object, assignment: _Assignment, ledger: ChunkQueue) -> str | None:
        if any(job.request_id == "poison" for job in assignment.chunk.requests):
            return "unplugged"
        return collect(self, reference, assignment, ledger)

    monkeypatch.setattr(RayPool, "_collect", lose)
    jobs = [nap_job(number) for number in range(10)]
    jobs.insert(5, ExecutionRequest("poison", "print(1)", ScriptSuite((StdinCase("", "1"),) * 2)))
    results = spread.run(jobs)
    assert verdicts(results)[5] == ("poison", [OutcomeStatus.INFRA_ERROR] * 2)
    assert "after 3 attempts: unplugged" in results[5].outcomes[0].detail
    others = {outcome.status for result in results if result.request_id != "poison" for outcome in result.outcomes}
    assert others == {OutcomeStatus.PASS}


@pytest.mark.slow
def test_completions_are_judged_on_the_cluster(spread: RayPool, cluster: Cluster) -> None:
    from real.datasets import load
    from real.datasets.config import DatasetCfg

    spread.close()  # its actors hold every CPU there is
    assert ray.is_initialized() is False
    tasks = load(DatasetCfg(test_tasks=2), "test").tasks[:2]
    cfg = JudgeCfg(execution=ExecutionCfg(BackendName.ray, ray_address=cluster.address, workers=2))
    with Judge(cfg) as judge:
        completions = [Completion(task.task_id, f"```python\n{task.reference}\n```") for task in tasks]
        found = judge.judge(tasks, completions)
    assert {outcome.status for verdict in found for outcome in verdict.outcomes} == {OutcomeStatus.PASS}


@pytest.mark.slow
def test_a_ray_that_others_started_is_left_running(cluster: Cluster) -> None:
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        with RayPool(1) as mine:  # no address: this process is connected already
            assert mine.run([nap_job(1)])[0].outcomes[0].status is OutcomeStatus.PASS
        assert ray.is_initialized()
        assert ray.get(ray.remote(lambda: 7).remote(), timeout=30) == 7
    finally:
        ray.shutdown()


@pytest.mark.slow
def test_other_code_on_a_node_is_refused(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_worker_group, "version", lambda: "grader 0, Python 2.7")
    with pytest.raises(InfrastructureError, match=r"different verdicts.*grader .*this process grader 0"):
        RayPool(1, address=cluster.address)
    assert not ray.is_initialized()


@pytest.mark.slow
def test_an_isolation_that_no_node_reaches_is_refused(cluster: Cluster) -> None:
    with pytest.raises(UsageError, match="external"):
        open_backend(ExecutionCfg(BackendName.ray, ray_address=cluster.address, min_isolation=Isolation.external))
    with pytest.raises(InfrastructureError, match=r"no node .* can run programs: unknown isolation level 'paranoid'"):
        RayPool(1, "paranoid", address=cluster.address)
    assert not ray.is_initialized()


def test_a_dead_address_is_one_clear_error() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(InfrastructureError, match=f"no Ray answers at {address}.*refused"):
            open_backend(ExecutionCfg(BackendName.ray, ray_address=address))
    assert time.monotonic() - began < 10


def test_a_node_that_dies_in_mid_batch_loses_nothing(cluster: Cluster, pool: Pool) -> None:
    jobs = mixed_jobs(0.8)  # about ten seconds of naps for three actors: none is done before the node is gone
    doomed = next(iter(cluster.worker_nodes))
    with RayPool(address=cluster.address) as spread:
        assert len({fact.node_id for fact in spread.facts()}) == 3

        def remove() -> None:
            time.sleep(0.5)
            cluster.remove_node(doomed, allow_graceful=False)

        results = run_while(spread, jobs, threading.Thread(target=remove))
        assert verdicts(results) == verdicts(pool.run(jobs))
        assert len(spread.facts()) == 2
        assert "lost an actor" in spread.describe()


@pytest.mark.slow
def test_without_any_actor_left_jobs_are_masked(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    with RayPool(1, address=cluster.address) as alone:
        monkeypatch.setattr(alone._group, "recruit", lambda: None)
        os.kill(alone.facts()[0].pid, signal.SIGKILL)
        results = alone.run([nap_job(1), nap_job(2)])
        assert verdicts(results) == [("1", [OutcomeStatus.INFRA_ERROR]), ("2", [OutcomeStatus.INFRA_ERROR] * 2)]
        assert "no actor is left" in results[0].outcomes[0].detail


@pytest.mark.slow
def test_an_interrupted_batch_closes_the_pool(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with RayPool(1, address=cluster.address) as interrupted:
        monkeypatch.setattr(interrupted, "_run", interrupt)
        with pytest.raises(KeyboardInterrupt):
            interrupted.run([nap_job(1)])
        assert not ray.is_initialized()


@pytest.mark.slow
def test_a_ray_of_our_own_ends_with_the_pool() -> None:
    with RayPool(1, address="local") as own:
        assert own.run([nap_job(1)])[0].outcomes[0].status is OutcomeStatus.PASS
        assert ray.is_initialized()
    assert not ray.is_initialized()


@pytest.mark.slow
def test_closed_pools_say_so_and_leave_no_actor(cluster: Cluster) -> None:
    with RayPool(1, address=cluster.address) as closing:
        (fact,) = closing.facts()
    closing.close()
    with pytest.raises(InfrastructureError, match="closed"):
        closing.run([nap_job(1)])
    with pytest.raises(UsageError, match="unknown protocol"):
        closing.run([], "lenient")
    deadline = time.monotonic() + 10
    while Path(f"/proc/{fact.pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{fact.pid}").exists()
