"""A program gets ten times what its task's own reference takes, where the default is less than that."""

from __future__ import annotations

from dataclasses import replace

from real.execution import Pool
from real.execution.calibration import slowness
from real.execution.reference_times import ReferenceTimes
from real.types import ExecutionRequest, Limits, OutcomeStatus, ScriptSuite, StdinCase, Task

SUITE = ScriptSuite((StdinCase("", "x"),))
SHORT = Limits(cpu_s=0.1)
FOREVER = "while True: pass"


def work(seconds: float) -> str:
    """A program of so many CPU seconds of the reference machine: limits are multiplied by how slow this one is."""
    end = seconds * slowness()
    return f"import time\nend = time.process_time() + {end}\nwhile time.process_time() < end: pass\nprint('x')"


def task(name: str, reference: str | None) -> Task:
    return Task(name, "made", "test", (), SUITE, (), reference=reference)


def job(task_id: str, code: str) -> ExecutionRequest:
    return ExecutionRequest(task_id, code, SUITE, SHORT)


def test_only_programs_of_slow_tasks_get_more_time(pool: Pool) -> None:
    tasks = [task("slow", work(0.3)), task("quick", "print('x')"), task("none", None), task("right", None)]
    jobs = [job("slow", work(0.9)), *(job(name, FOREVER) for name in ("quick", "none"))]
    jobs.append(job("right", "print('x')"))
    first = {result.request_id: result for result in pool.run(jobs)}
    assert [first[name].outcomes[0].status for name in ("slow", "quick", "none", "right")] == [
        *[OutcomeStatus.TIMEOUT] * 3,
        OutcomeStatus.PASS,
    ]
    times = ReferenceTimes(pool)
    again = times.again(jobs, tasks, first)
    assert again["slow"].outcomes[0].status is OutcomeStatus.PASS
    # The default of two seconds is what a task without a slow reference allows: more than these jobs had.
    assert {again[name].outcomes[0].status for name in ("quick", "none")} == {OutcomeStatus.TIMEOUT}
    assert "right" not in again


def test_references_are_measured_once_and_nothing_is_repeated_in_vain(pool: Pool) -> None:
    ran: list[str] = []

    class Counting:
        isolation = "strong"

        def run(self, jobs: list[ExecutionRequest], protocol: str) -> object:
            ran.extend(job.code for job in jobs)
            return pool.run(jobs, protocol)

    times = ReferenceTimes(Counting())  # type: ignore[arg-type]
    tasks = [task("quick", "print('x')")]
    late = replace(job("quick", work(0.0)), limits=Limits())
    result = pool.run([job("quick", FOREVER)])[0]
    for _ in range(2):
        assert times.again([late], tasks, {"quick": result}) == {}
    assert ran == ["print('x')"]
