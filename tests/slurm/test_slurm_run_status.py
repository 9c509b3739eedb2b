"""The one state of a run from what its directory and SLURM say."""

from __future__ import annotations

import time

import pytest

from real.runs.store import RunState, Status
from real.slurm.attempts import Attempt
from real.slurm.client import SlurmJob, refusal
from real.slurm.run_status import Evidence, RunStatus, merge_status

NOW = time.time()
STARTED = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(NOW))


def job(state: str, reason: str = "None", start: str = STARTED, array: str = "7") -> SlurmJob:
    return SlurmJob(f"{array}_0", array, 0, state, reason, "real:x", "1:00", "9:00", start, "n1")


def tried(began: float = NOW, code: int | None = None, stage: str = "train") -> Attempt:
    return Attempt(stage, "7_0", "n1", began, (), None if code is None else began + 1, code)


RUNNING, DONE, FAILED = Status(RunState.RUNNING), Status(RunState.DONE), Status(RunState.FAILED, "boom")
INTERRUPTED, TRAINED = Status(RunState.INTERRUPTED, "stopped by SIGUSR1"), Status(RunState.TRAINED)

CASES = [
    (Evidence(None, [job("PENDING", "Priority")]), RunStatus.QUEUED, "Priority"),
    (Evidence(None, [job("PENDING", "PartitionTimeLimit")]), RunStatus.STUCK, "PartitionTimeLimit"),
    (Evidence(None, [job("PENDING", "DependencyNeverSatisfied")]), RunStatus.STUCK, "DependencyNeverSatisfied"),
    (Evidence(None, [job("PENDING", "JobHeldUser")]), RunStatus.HELD, "scontrol release 7_0"),
    (Evidence(None, [job("RUNNING")]), RunStatus.STARTING, "on n1"),
    (Evidence(RUNNING, [job("RUNNING")], [tried()]), RunStatus.RUNNING, "9:00 left"),
    (Evidence(TRAINED, [job("RUNNING")], [tried(stage="evaluate")]), RunStatus.EVALUATING, ""),
    # It still says "running" from the try that was killed; the new one has not spoken yet.
    (Evidence(RUNNING, [job("RUNNING")], [tried(NOW - 300)]), RunStatus.STARTING, ""),
    (Evidence(INTERRUPTED, [job("RUNNING")], [tried(code=138)]), RunStatus.ENDING, ""),
    (Evidence(INTERRUPTED, [job("PENDING", "BeginTime")], [tried(NOW - 9, 138)]), RunStatus.REQUEUED, "BeginTime"),
    (Evidence(RUNNING, [job("PENDING", "BeginTime")], [tried(NOW - 9)]), RunStatus.REQUEUED, "BeginTime"),
    (Evidence(TRAINED, [job("PENDING", "Resources")], [tried(code=0)]), RunStatus.TRAINED, "evaluation waits"),
    (Evidence(FAILED, [job("PENDING", "Resources")]), RunStatus.QUEUED, "Resources"),  # submitted again
    (Evidence(DONE, [job("RUNNING")], [tried()]), RunStatus.DONE, ""),
    (Evidence(FAILED, [job("FAILED")], [tried(code=1)]), RunStatus.FAILED, "boom"),
    (Evidence(RUNNING, [], [tried()]), RunStatus.LOST, "its job is gone"),
    (Evidence(RUNNING, [job("OUT_OF_MEMORY")], [tried()]), RunStatus.FAILED, "OUT_OF_MEMORY"),
    (Evidence(RUNNING, [], [tried()], [("NODE_FAIL", "0:0")]), RunStatus.FAILED, "NODE_FAIL"),
    (Evidence(INTERRUPTED, [], [tried(code=138)]), RunStatus.INTERRUPTED, "stopped by SIGUSR1"),
    (Evidence(INTERRUPTED, [], [tried(code=143)], cancelled=True), RunStatus.CANCELLED, "stopped by"),
    (Evidence(None, [job("CANCELLED")]), RunStatus.CANCELLED, ""),
    (Evidence(None, [], [tried(code=2)]), RunStatus.FAILED, "code 2"),
    (Evidence(TRAINED, [], [tried(code=0)]), RunStatus.LOST, "evaluation job is gone"),
    (Evidence(None), RunStatus.NEVER, "its job is gone"),
]


@pytest.mark.parametrize(("evidence", "state", "note"), CASES)
def test_state(evidence: Evidence, state: RunStatus, note: str) -> None:
    found, why = merge_status(evidence)
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
