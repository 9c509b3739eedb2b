"""Which runs SLURM has in its queue, found through the jobs' comments: the keys of their submissions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from real.slurm import client, manifest
from real.slurm.client import SlurmJob
from real.slurm.manifest import Submission

# States of jobs that are over; --states=all lists those for some minutes more (MinJobAge).
_OVER = "BOOT_FAIL CANCELLED COMPLETED DEADLINE FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED REVOKED TIMEOUT"
FINISHED_STATES = frozenset(re.findall(r"\w+", _OVER))


def active_runs(output_dir: Path) -> dict[str, list[SlurmJob]]:
    """Run id -> its jobs that wait or run, over every submission below ``output_dir``."""
    return by_run(
        manifest.submissions(output_dir), [entry for entry in client.queue() if entry.state not in FINISHED_STATES]
    )


def by_run(submissions: Iterable[Submission], queue: Iterable[SlurmJob]) -> dict[str, list[SlurmJob]]:
    """Run id -> the entries of ``queue`` that are its jobs."""
    keys = {one.key: one for one in submissions}
    found: dict[str, list[SlurmJob]] = {}
    for entry in queue:
        submission = keys.get(entry.comment)
        for run in _runs(submission, entry) if submission else ():
            found.setdefault(run, []).append(entry)
    for entries in found.values():
        entries.sort(key=_order)
    return found


def _order(entry: SlurmJob) -> tuple[bool, int]:
    """What runs comes first, then what was submitted first: the job that a run is in, or waits for next."""
    return entry.state == "PENDING", int(entry.array_id) if entry.array_id.isdigit() else 0


def _runs(submission: Submission, entry: SlurmJob) -> Iterator[str]:
    if 0 <= entry.array_index < len(submission.entries):
        yield submission.entries[entry.array_index].run_id
