"""OpenRLHF while it trains: a process of ours, or a job of a running Ray."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from real.io import disk
from real.training.openrlhf import child_process
from real.training.openrlhf.command import Files, command
from real.training.openrlhf.monitor import LogTail
from real.training.openrlhf.plan import TrainingPlan
from real.training.openrlhf.ray_cluster import is_job_address, joined
from real.training.openrlhf.ray_job import RayJob


class TrainingProcess(Protocol):
    """A training that runs somewhere."""

    def poll(self) -> int | None:
        """Its exit code, or ``None``."""

    def lines(self) -> Iterator[str]:
        """What it has printed since the last call."""

    def stop(self) -> None:
        """End it."""


@contextmanager
def training_process(address: str | None, run_id: str, plan: TrainingPlan) -> Iterator[TrainingProcess]:
    """The training of ``plan``, here or as a job of the Ray at ``address``; it ends with the body."""
    if is_job_address(address):
        job = _Submitted(RayJob(str(address), run_id, command(plan.arguments), _variables()), plan.files)
        try:
            yield job
        except BaseException:
            job.stop()
            raise
        return
    with joined(address, plan.layout, plan.files.folder) as found:
        # Wandb keys and the like are nobody's business there: metrics are ours to record.
        environment = {key: value for key, value in os.environ.items() if key != "WANDB_API_KEY"}
        process = _Child(command(plan.arguments), environment | _variables() | found, plan.files)
        try:
            yield process
        finally:
            process.stop()


def _variables() -> dict[str, str]:
    return {
        "RAY_DEDUP_LOGS": "0",  # a line that is like another one may still be the report of a step
        "RAY_COLOR_PREFIX": "0",
        "RAY_USAGE_STATS_ENABLED": os.environ.get("RAY_USAGE_STATS_ENABLED", "0"),
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONUNBUFFERED": "1",
    }


class _Child:
    """OpenRLHF as a process of ours."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], files: Files) -> None:
        self._tail = LogTail(files.log)
        with disk.disk_errors(files.log), files.log.open("ab") as log:
            self._process = child_process.start(words, environment=environment, output=log, folder=files.folder)

    def poll(self) -> int | None:
        return self._process.poll()

    def lines(self) -> Iterator[str]:
        return iter(self._tail)

    def stop(self) -> None:
        child_process.stop(self._process)


class _Submitted:
    """OpenRLHF as a job of a running Ray, with its output in our log too."""

    def __init__(self, job: RayJob, files: Files) -> None:
        self._job, self._files = job, files

    def poll(self) -> int | None:
        return self._job.poll()

    def lines(self) -> Iterator[str]:
        with disk.disk_errors(self._files.log), self._files.log.open("a", encoding="utf-8") as log:
            for line in self._job.lines():
                log.write(line + "\n")
                yield line

    def stop(self) -> None:
        self._job.stop()
