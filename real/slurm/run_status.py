"""Merge the run's status from its directory and from SLURM."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from real.runs.store import RunState, Status
from real.slurm.active_jobs import FINISHED_STATES
from real.slurm.attempts import Attempt
from real.slurm.client import SlurmJob

_SKEW_S = 5.0  # between the clocks of node and controller; SLURM waits longer before it runs a job again
# Reasons with which a job waits for ever unless somebody changes something.
_STUCK = (
    "AccountNotAllowed", "AssocNotAllowed", "BadConstraints", "DependencyNeverSatisfied", "InvalidAccount",
    "InvalidQOS", "PartitionDown", "PartitionInactive", "PartitionNodeLimit", "PartitionTimeLimit", "QOSNotAllowed",
    "QOSTimeLimit", "AssocMaxWallDurationPerJobLimit", "QOSMaxWallDurationPerJobLimit",
)  # fmt: skip
# How SLURM ends a job that did nothing wrong by itself, or asked for too little.
_MACHINE = ("BOOT_FAIL", "DEADLINE", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "TIMEOUT")


class RunStatus(StrEnum):
    """The status of a submitted run, as ``status.py`` shows it."""

    DONE = "done"
    RUNNING = "running"
    EVALUATING = "evaluating"
    STARTING = "starting"  # SLURM has started the job, the run has not said anything yet
    ENDING = "ending"
    QUEUED = "queued"
    REQUEUED = "requeued"  # it ran before and waits to go on
    TRAINED = "trained"  # its evaluation waits
    HELD = "held"  # waits until somebody releases it
    STUCK = "stuck"  # waits for what cannot happen
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # it stopped in order, and no job goes on with it
    LOST = "lost"  # it ended without a word, and no job goes on with it
    NEVER = "never started"


# States that nothing but a person changes.
NEED_ATTENTION = frozenset(
    {
        RunStatus.HELD,
        RunStatus.STUCK,
        RunStatus.FAILED,
        RunStatus.CANCELLED,
        RunStatus.INTERRUPTED,
        RunStatus.LOST,
        RunStatus.NEVER,
    }
)


@dataclass(frozen=True)
class Evidence:
    """Input of ``merge_status``: the status file, jobs in the queue, recorded attempts, accounting, cancellation."""

    status: Status | None
    jobs: Sequence[SlurmJob] = ()
    attempts: Sequence[Attempt] = ()
    accounted: Sequence[tuple[str, str]] = ()  # state and exit code of its jobs by sacct, in order
    cancelled: bool = False


def merge_status(evidence: Evidence) -> tuple[RunStatus, str]:
    """Return a run's status and a short reason."""
    if evidence.status and evidence.status.state == RunState.DONE:
        return RunStatus.DONE, ""
    live = [job for job in evidence.jobs if job.state not in FINISHED_STATES]
    started = [job for job in live if job.state != "PENDING"]
    if started:
        return _started(evidence, started[0])
    if live:
        return _pending(evidence, live[0])
    return _over(evidence)


def _started(evidence: Evidence, job: SlurmJob) -> tuple[RunStatus, str]:
    if job.state in ("REQUEUE_HOLD", "SPECIAL_EXIT"):
        return RunStatus.HELD, f"{job.state}; scontrol release {job.job_id}"
    if job.state == "SUSPENDED":
        return RunStatus.HELD, "suspended by SLURM"
    if job.state != "RUNNING":
        return (RunStatus.STARTING if job.state == "CONFIGURING" else RunStatus.ENDING), job.state.lower()
    last = evidence.attempts[-1] if evidence.attempts else None
    where = f"on {job.nodes}, {job.left} left"
    if last is None or last.job_id != job.job_id or last.began < _epoch(job.start) - _SKEW_S:
        return RunStatus.STARTING, where
    if last.ended is not None:
        return RunStatus.ENDING, where
    return (RunStatus.EVALUATING if last.stage == "evaluate" else RunStatus.RUNNING), where


def _pending(evidence: Evidence, job: SlurmJob) -> tuple[RunStatus, str]:
    if job.reason in _STUCK:
        return RunStatus.STUCK, f"{job.reason} ({job.job_id})"
    if job.reason.startswith("JobHeld") or "held" in job.reason:
        return RunStatus.HELD, f"{job.reason}; scontrol release {job.job_id}"
    starts = f", starts {job.start}" if job.start not in ("", "N/A", "Unknown") else ""
    why = f"{job.reason}{starts}"
    if evidence.status and evidence.status.state == RunState.TRAINED:
        return RunStatus.TRAINED, f"evaluation waits: {why}"
    again = any(attempt.job_id == job.job_id for attempt in evidence.attempts)
    return (RunStatus.REQUEUED if again else RunStatus.QUEUED), why


def _over(evidence: Evidence) -> tuple[RunStatus, str]:
    state = evidence.status.state if evidence.status else None
    reason = evidence.status.reason if evidence.status else ""
    ended = _ended(evidence)
    said = f"SLURM: {ended}" if ended else ""
    code = evidence.attempts[-1].code if evidence.attempts else None
    rules = (
        (state == RunState.FAILED, RunStatus.FAILED, reason),
        (evidence.cancelled or ended == "CANCELLED", RunStatus.CANCELLED, reason),
        (ended in _MACHINE, RunStatus.FAILED, said),
        (state == RunState.INTERRUPTED, RunStatus.INTERRUPTED, reason),
        (state == RunState.RUNNING, RunStatus.LOST, said or "its job is gone: killed, or its node was lost"),
        (bool(code), RunStatus.FAILED, f"ended with code {code}"),
        (state == RunState.TRAINED, RunStatus.LOST, said or "trained, but its evaluation job is gone"),
        (True, RunStatus.NEVER, said or "its job is gone"),
    )
    return next((found, why) for holds, found, why in rules if holds)


def _ended(evidence: Evidence) -> str:
    """SLURM's state of the last job of this run that ended without success, or an empty string."""
    states = [job.state for job in evidence.jobs if job.state in FINISHED_STATES] + [
        state for state, _ in evidence.accounted
    ]
    return next((state for state in reversed(states) if state != "COMPLETED"), "")


def _epoch(start: str) -> float:
    try:
        return time.mktime(time.strptime(start, "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return 0.0
