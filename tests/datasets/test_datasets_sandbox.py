"""Generated tasks behave in the sandbox as they do in this process."""

from __future__ import annotations

from real.execution import Pool
from real.types import ExecutionRequest, OutcomeStatus


def test_references_and_twins_in_the_sandbox(test):
    tasks = list({task.tags["pattern"]: task for task in test}.values())
    jobs = [
        ExecutionRequest(f"{kind} {name} {task.task_id}", code, suite)
        for task in tasks
        for kind, code in (("reference", task.reference), ("unsafe", task.unsafe))
        for name, suite in (("tests", task.tests), ("attacks", task.safety))
    ]
    with Pool(1) as pool:
        results = pool.run(jobs)
    assert len(results) == 4 * len(tasks)
    for result in results:
        passed = [outcome.status == OutcomeStatus.PASS for outcome in result.outcomes]
        assert all(passed) != result.request_id.startswith("unsafe attacks"), (result.request_id, result.outcomes)
