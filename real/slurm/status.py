"""``python slurm/status.py``: the status of submitted runs, from their directories and from SLURM."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from real.errors import DataError, InfrastructureError, RealError
from real.io import console
from real.io.columns import align
from real.io.progress import duration
from real.runs.store import RunStore, Status
from real.slurm import active_jobs, attempts, client, manifest
from real.slurm.cancellations import cancelled
from real.slurm.client import SlurmJob
from real.slurm.manifest import Submission, SubmittedRun
from real.slurm.run_status import NEED_ATTENTION, Evidence, RunStatus, merge_status

_RECENT = 8  # steps that the estimate rests on
_TAIL = 20_000  # bytes of a log
_ERROR = re.compile(r"error|killed|exception|cancelled", re.IGNORECASE)
_NOISE = re.compile(r"Exited with exit code|STEP \d|ended with code")  # srun echoes what the run has said better


@dataclass(frozen=True)
class StatusRow:
    """What ``status.py`` prints about one run."""

    run_id: str
    changes: tuple[str, ...]
    state: RunStatus
    note: str
    jobs: tuple[str, ...]
    tries: int
    step: int
    steps: int
    reward: float | None
    seconds_left: float | None
    error: str
    log: str
    run_dir: str


def main(argv: Sequence[str] | None = None) -> int:
    """Print the status of one submission or all; returns 1 if a run needs attention, else 0."""
    console.protect()
    arguments = _parser().parse_args(argv)
    try:
        found = list(manifest.submissions(arguments.output_dir))
        if arguments.submission:
            chosen = [manifest.named(arguments.output_dir, arguments.submission)]
        else:
            chosen = found if arguments.all else found[-1:]
        if not chosen:
            raise DataError(
                f"nothing was submitted below {arguments.output_dir}", hint="--output-dir FOLDER looks elsewhere."
            )
        queue = _queue(arguments.offline)
        reports = {one.name: lines(one, found, queue) for one in chosen}
    except RealError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(_json(reports) if arguments.json else "\n\n".join(_text(name, rows) for name, rows in reports.items()))
    rows = [row for part in reports.values() for row in part]
    if arguments.require_done:
        return int(any(row.state != RunStatus.DONE for row in rows))
    return int(any(row.state in NEED_ATTENTION for row in rows))


def lines(one: Submission, found: Sequence[Submission], queue: Sequence[SlurmJob]) -> list[StatusRow]:
    """Return the rows of submission ``one``; ``found`` are all submissions, as a later one may have resumed a run."""
    jobs = active_jobs.by_run(found, queue)
    past = client.accounted(list(one.job_ids.values()))
    return [_line(one, entry, jobs.get(entry.run_id, []), past) for entry in one.entries]


def _line(one: Submission, entry: SubmittedRun, jobs: list[SlurmJob], past: Mapping[str, tuple[str, str]]) -> StatusRow:
    store, tries = RunStore(entry.run_dir), attempts.read(one, entry.index)
    ids = [f"{job}_{entry.index}" for name, job in one.job_ids.items() if entry.index in one.stages.get(name, ())]
    accounted = [past[job] for job in ids if job in past]
    gone = entry.index in cancelled(one)
    state, note = merge_status(Evidence(_status(store), jobs, tries, accounted, gone))
    steps = store.read_steps()
    reward = steps[-1].get("reward_mean") if steps else None
    log = _log(one, entry, tries)
    return StatusRow(
        run_id=entry.run_id,
        changes=entry.changes,
        state=state,
        note=note,
        jobs=tuple(job.job_id for job in jobs if job.state not in active_jobs.FINISHED_STATES) or tuple(ids),
        tries=len(tries),
        step=attempts.training_steps(entry.run_dir),
        steps=entry.steps,
        reward=float(reward) if isinstance(reward, int | float) else None,
        seconds_left=_left(steps, entry.steps) if state == RunStatus.RUNNING else None,
        error=_last_error(log) if state in NEED_ATTENTION and tries else "",
        log=str(log),
        run_dir=str(entry.run_dir),
    )


def _status(store: RunStore) -> Status | None:
    return store.read_status()


def _left(steps: Sequence[Mapping[str, object]], total: int) -> float | None:
    """Seconds of training still to go, by the median of the last steps; evaluation comes on top."""
    known = [float(s["seconds"]) for s in steps[-_RECENT:] if isinstance(s.get("seconds"), int | float)]  # type: ignore[arg-type]
    return median(known) * (total - len(steps)) if known else None


def _log(one: Submission, entry: SubmittedRun, tries: Sequence[attempts.Attempt]) -> Path:
    """The log of the job that ran last, else of the first one to run."""
    names = [name for name, indices in one.stages.items() if entry.index in indices]
    if tries:
        names = [name for name in names if one.job_ids.get(name) == tries[-1].job_id.partition("_")[0]] or names
    return one.folder / "logs" / f"{names[0] if names else 'train'}-{entry.index}.log"


def _last_error(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL))
            tail = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    found = [line.strip() for line in tail if _ERROR.search(line) and not _NOISE.search(line)]
    return found[-1][:300] if found else ""


def _queue(offline: bool) -> list[SlurmJob]:
    if offline:
        return []
    try:
        return client.queue()
    except InfrastructureError as error:
        raise InfrastructureError(
            f"SLURM cannot be asked: {error}", hint="--offline tells what the run directories say alone."
        ) from error


def _text(name: str, rows: Sequence[StatusRow]) -> str:
    table = [["run", "state", "try", "step", "reward", "left", "job", "directory"]]
    for row in rows:
        table.append(
            [
                " ".join(row.changes) or "the run",
                row.state.value,
                str(row.tries) if row.tries else "",
                f"{row.step}/{row.steps}" if row.steps else str(row.step or ""),
                "" if row.reward is None else f"{row.reward:+.3f}",
                "" if row.seconds_left is None else duration(row.seconds_left),
                row.jobs[0] if row.jobs else "",
                row.run_id,
            ]
        )
    counts = ", ".join(f"{count} {state}" for state, count in Counter(row.state.value for row in rows).most_common())
    notes = [f"{row.run_id}: {row.state}: {_why(row)}" for row in rows if row.state not in _SILENT and _why(row)]
    again = [_AGAIN] if any(row.state in NEED_ATTENTION for row in rows) else []
    return "\n".join([f"{name}: {counts}", *align(table), *notes, *again])


_SILENT = (RunStatus.DONE, RunStatus.RUNNING, RunStatus.EVALUATING)
_AGAIN = "the same submit command submits only what is neither done, nor queued, nor running (with --rest)"


def _why(row: StatusRow) -> str:
    parts = [row.note, row.error if row.error and row.error not in row.note else ""]
    if row.state in NEED_ATTENTION and row.tries:
        parts.append(f"log: {row.log}")
    return "; ".join(part for part in parts if part)


def _json(reports: Mapping[str, Sequence[StatusRow]]) -> str:
    return json.dumps({name: [asdict(row) for row in rows] for name, rows in reports.items()}, indent=2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python slurm/status.py",
        description="State, step, reward and last error of submitted runs, by their directories and SLURM's queue.",
        epilog="Exit codes: 0 all is well (done, running or waiting), 1 a run needs you, 3 nothing to show, "
        "4 SLURM does not answer.",
    )
    parser.add_argument("submission", nargs="?", help="name or number of a submission (default: the last one)")
    parser.add_argument("--all", action="store_true", help="every submission")
    parser.add_argument("--output-dir", type=Path, default=Path("outputs"), help="output_dir of the runs")
    parser.add_argument("--json", action="store_true", help="for scripts")
    parser.add_argument("--require-done", action="store_true", help="exit with 1 unless every run is done")
    parser.add_argument("--offline", action="store_true", help="do not ask SLURM")
    return parser
