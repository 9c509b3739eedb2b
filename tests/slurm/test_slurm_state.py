"""The one state of a run from what its directory and SLURM say."""

from __future__ import annotations

import time

import pytest

from real.runs.store import RunState, Status
from real.slurm.attempts import Attempt
from real.slurm.client import QueueEntry, refusal
from real.slurm.state import Evidence, JobState, judge

NOW = time.time()
STARTED = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(NOW))


def job(state: str, reason: str = "None", start: str = STARTED, array: str = "7") -> QueueEntry:
    return QueueEntry(f"{array}_0", array, 0, state, reason, "real:x", "1:00", "9:00", start, "n1")


def tried(began: float = NOW, code: int | None = None, stage: str = "train") -> Attempt:
    return Attempt(stage, "7_0", "n1", began, (), None if code is None else began + 1, code)


RUNNING, DONE, FAILED = Status(RunState.RUNNING), Status(RunState.DONE), Status(RunState.FAILED, "boom")
INTERRUPTED, TRAINED = Status(RunState.INTERRUPTED, "stopped by SIGUSR1"), Status(RunState.TRAINED)

CASES = [
    (Evidence(None, [job("PENDING", "Priority")]), JobState.QUEUED, "Priority"),
    (Evidence(None, [job("PENDING", "PartitionTimeLimit")]), JobState.STUCK, "PartitionTimeLimit"),
    (Evidence(None, [job("PENDING", "DependencyNeverSatisfied")]), JobState.STUCK, "DependencyNeverSatisfied"),
    (Evidence(None, [job("PENDING", "JobHeldUser")]), JobState.HELD, "scontrol release 7_0"),
    (Evidence(None, [job("RUNNING")]), JobState.STARTING, "on n1"),
    (Evidence(RUNNING, [job("RUNNING")], [tried()]), JobState.RUNNING, "9:00 left"),
    (Evidence(TRAINED, [job("RUNNING")], [tried(stage="evaluate")]), JobState.EVALUATING, ""),
    # It still says "running" from the try that was killed; the new one has not spoken yet.
    (Evidence(RUNNING, [job("RUNNING")], [tried(NOW - 300)]), JobState.STARTING, ""),
    (Evidence(INTERRUPTED, [job("RUNNING")], [tried(code=138)]), JobState.ENDING, ""),
    (Evidence(INTERRUPTED, [job("PENDING", "BeginTime")], [tried(NOW - 9, 138)]), JobState.REQUEUED, "BeginTime"),
    (Evidence(RUNNING, [job("PENDING", "BeginTime")], [tried(NOW - 9)]), JobState.REQUEUED, "BeginTime"),
    (Evidence(TRAINED, [job("PENDING", "Resources")], [tried(code=0)]), JobState.TRAINED, "evaluation waits"),
    (Evidence(FAILED, [job("PENDING", "Resources")]), JobState.QUEUED, "Resources"),  # submitted again
    (Evidence(DONE, [job("RUNNING")], [tried()]), JobState.DONE, ""),
    (Evidence(FAILED, [job("FAILED")], [tried(code=1)]), JobState.FAILED, "boom"),
    (Evidence(RUNNING, [], [tried()]), JobState.LOST, "its job is gone"),
    (Evidence(RUNNING, [job("OUT_OF_MEMORY")], [tried()]), JobState.FAILED, "OUT_OF_MEMORY"),
    (Evidence(RUNNING, [], [tried()], [("NODE_FAIL", "0:0")]), JobState.FAILED, "NODE_FAIL"),
    (Evidence(INTERRUPTED, [], [tried(code=138)]), JobState.INTERRUPTED, "stopped by SIGUSR1"),
    (Evidence(INTERRUPTED, [], [tried(code=143)], cancelled=True), JobState.CANCELLED, "stopped by"),
    (Evidence(None, [job("CANCELLED")]), JobState.CANCELLED, ""),
    (Evidence(None, [], [tried(code=2)]), JobState.FAILED, "code 2"),
    (Evidence(TRAINED, [], [tried(code=0)]), JobState.LOST, "evaluation job is gone"),
    (Evidence(None), JobState.NEVER, "its job is gone"),
]


@pytest.mark.parametrize(("evidence", "state", "note"), CASES)
def test_state(evidence: Evidence, state: JobState, note: str) -> None:
    found, why = judge(evidence)
    assert found == state
    assert note in why


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("sbatch: error: QOSMaxSubmitJobPerUserLimit", "Wait until jobs have ended"),
        (
            "sbatch: error: Batch job submission failed: Invalid account or account/partition combination",
            "account=NAME",
        ),
        ("sbatch: error: Batch job submission failed: Invalid qos specification", "cluster.qos=NAME"),
        ("sbatch: error: Batch job submission failed: Requested node configuration is not available", "No node has"),
        ("sbatch: error: Batch job submission failed: Invalid job array specification", "MaxArraySize"),
        ("sbatch: error: Batch job submission failed: Something new", "dry_run=true shows the script"),
    ],
)
def test_what_sbatch_says_comes_with_advice(said: str, advice: str) -> None:
    told = str(refusal(said + "\n"))
    assert said.removeprefix("sbatch: error: ") in told
    assert advice in told
