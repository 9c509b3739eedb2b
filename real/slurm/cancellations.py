"""``python slurm/cancel.py``: cancel the jobs of a submission or of single runs, and record it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from real.errors import RealError, UsageError
from real.io import console, disk
from real.registry import did_you_mean
from real.slurm import active_jobs, client, manifest
from real.slurm.client import SlurmJob
from real.slurm.manifest import Submission


def main(argv: Sequence[str] | None = None) -> int:
    """Cancel jobs and print them; returns 1 if nothing was queued or running."""
    console.protect()
    arguments = _parser().parse_args(argv)
    try:
        one = manifest.named(arguments.output_dir, arguments.submission)
        chosen = _chosen(one, arguments.runs)
        with_tables = not arguments.runs
        active = [job for job in client.queue() if job.state not in active_jobs.FINISHED_STATES]
        jobs = active_jobs.jobs_of(one, active)
        jobs = [entry for entry in jobs if _index(entry) in chosen or (with_tables and _index(entry) < 0)]
        if not jobs:
            print(f"{one.name}: nothing of it is queued or running")
            return 1
        _record(one, jobs)
        client.cancel([entry.job_id for entry in jobs])
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    for entry in jobs:
        run = one.entries[_index(entry)].run_id if _index(entry) >= 0 else "tables"
        print(f"cancelled {entry.job_id} ({entry.state.lower()}): {run}")
    print("what has run keeps its last checkpoint: the same submit command goes on from there")
    return 0


def cancelled(one: Submission) -> set[int]:
    """Return the array indices of the runs that ``cancel.py`` has cancelled (SLURM forgets them without accounting)."""
    path = _path(one)
    return {int(str(record["index"])) for record in disk.read_lines(path)} if path.exists() else set()


def _chosen(one: Submission, runs: Sequence[str]) -> set[int]:
    """Return the array indices of the named runs (by id or index); all if none is named."""
    if not runs:
        return {entry.index for entry in one.entries}
    known = {name: entry.index for entry in one.entries for name in (entry.run_id, str(entry.index))}
    for run in runs:
        if run not in known:
            raise UsageError(
                f"{one.name} has no run {run!r}", hint=did_you_mean(run, [entry.run_id for entry in one.entries])
            )
    return {known[run] for run in runs}


def _record(one: Submission, jobs: Sequence[SlurmJob]) -> None:
    for index in sorted({_index(entry) for entry in jobs if _index(entry) >= 0}):
        disk.append_line(_path(one), {"index": index})


def _index(entry: SlurmJob) -> int:
    return entry.array_index


def _path(one: Submission) -> Path:
    return one.folder / "cancelled.jsonl"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python slurm/cancel.py", description="Cancel submitted runs.")
    parser.add_argument("submission", help="name or number of a submission (python slurm/status.py --all lists them)")
    parser.add_argument("runs", nargs="*", metavar="RUN", help="run ids, or their numbers in the array (default: all)")
    parser.add_argument("--output-dir", type=Path, default=Path("outputs"), help="output_dir of the runs")
    return parser
