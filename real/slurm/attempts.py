"""Start and end of each job of a submission, recorded by the jobs themselves: no SLURM accounting is needed."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

from real.errors import DataError
from real.io import disk
from real.runs.store import RunStore
from real.slurm.manifest import Submission


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at one run; ``code`` and ``ended`` are ``None`` if the job was killed before its end."""

    stage: str
    job_id: str  # 12_3, or 12
    node: str
    began: float  # seconds since the epoch, by the node's clock
    progress: tuple[int, ...] = ()  # when it ended
    ended: float | None = None
    code: int | None = None


def read(submission: Submission, index: int) -> list[Attempt]:
    """Return every attempt at one run, oldest first; raises ``DataError`` for a damaged record."""
    path = _path(submission, index)
    tries: list[Attempt] = []
    for record in disk.read_lines(path) if path.exists() else []:
        try:
            if record["event"] == "start":
                tries.append(
                    Attempt(str(record["stage"]), str(record["job"]), str(record["node"]), _number(record["time"]))
                )
            elif tries:
                last, progress = tries[-1], record["progress"]
                assert isinstance(progress, list)
                tries[-1] = Attempt(
                    last.stage,
                    last.job_id,
                    last.node,
                    last.began,
                    tuple(progress),
                    _number(record["time"]),
                    int(_number(record["code"])),
                )
        except KeyError as error:
            raise DataError(f"{path}: a record has no {error}") from error
    return tries


def started(submission: Submission, index: int, stage: str) -> None:
    """Record that this process starts a run."""
    record = {"event": "start", "stage": stage, "job": job_id(), "node": platform.node(), "time": time.time()}
    disk.append_line(_path(submission, index), record)


def ended(submission: Submission, index: int, code: int) -> None:
    """Record that this process ended a run, with its exit code and progress."""
    run_dir = submission.entries[index].run_dir
    record = {"event": "end", "code": code, "time": time.time(), "progress": list(progress(run_dir))}
    disk.append_line(_path(submission, index), record)


def progress(run_dir: Path) -> tuple[int, int, int]:
    """Return a run's progress: training steps, and responses decoded in the evaluations before and after."""
    before, after = (_lines(run_dir / f"completions_{stage}.jsonl") for stage in ("before", "after"))
    return training_steps(run_dir), before, after


def training_steps(run_dir: Path) -> int:
    """Return how many PPO steps are done, or updates where a method trains by itself (``losses.jsonl``)."""
    return len(RunStore(run_dir).read_steps()) or _lines(run_dir / "losses.jsonl")


def job_id() -> str:
    """Return this process's job id as ``squeue`` prints it (``12_3`` or ``12``), or ``""`` outside SLURM."""
    array, index = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    return f"{array}_{index}" if array else os.environ.get("SLURM_JOB_ID", "")


def _path(submission: Submission, index: int) -> Path:
    return submission.folder / "attempts" / f"{index:04d}.jsonl"


def _lines(path: Path) -> int:
    return len(disk.read_lines(path)) if path.exists() else 0


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
