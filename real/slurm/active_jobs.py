"""Map the jobs in SLURM's queue to the runs of a submission.

A job is recognised by the path of its batch script, which SLURM keeps with the job and no option of ``sbatch`` can
change, and by the job ids in the manifest, which still hold where the output folder was moved.
"""

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
    """Return run id -> pending and running jobs, over every submission below ``output_dir``."""
    return by_run(
        manifest.submissions(output_dir), [entry for entry in client.queue() if entry.state not in FINISHED_STATES]
    )


def by_run(submissions: Iterable[Submission], queue: Iterable[SlurmJob]) -> dict[str, list[SlurmJob]]:
    """Return run id -> its jobs among ``queue``, the running one first, then by age."""
    found: dict[str, list[SlurmJob]] = {}
    for submission, job in _owned(submissions, queue):
        if 0 <= job.array_index < len(submission.entries):
            found.setdefault(submission.entries[job.array_index].run_id, []).append(job)
    for entries in found.values():
        entries.sort(key=_order)
    return found


def jobs_of(submission: Submission, queue: Iterable[SlurmJob]) -> list[SlurmJob]:
    """Return the jobs of ``submission`` among ``queue``."""
    return [job for _, job in _owned([submission], queue)]


def _owned(submissions: Iterable[Submission], queue: Iterable[SlurmJob]) -> Iterator[tuple[Submission, SlurmJob]]:
    """Yield each job that belongs to one of ``submissions``, with its submission."""
    all_submissions = list(submissions)
    by_folder = {str(one.folder.resolve()): one for one in all_submissions}
    by_job_id = {job_id: one for one in all_submissions for job_id in one.job_ids.values()}
    for job in queue:
        script = Path(job.script)
        owner = by_folder.get(str(script.parent))
        recorded = by_job_id.get(job.array_id)
        # Job ids start again at 1 after a reinstallation: the script's name has to fit as well.
        if owner is None and recorded and script.parent.name == recorded.folder.name:
            owner = recorded
        if owner:
            yield owner, job


def _order(entry: SlurmJob) -> tuple[bool, int]:
    """Sort key: running before pending, then by job id."""
    return entry.state == "PENDING", int(entry.array_id) if entry.array_id.isdigit() else 0
