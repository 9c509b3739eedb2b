"""A submission on disk: frozen configurations, batch scripts, and which SLURM job runs which stage.

A folder ``<output_dir>/slurm/0001-<exp_name>`` with ``manifest.json``, ``configs/``, ``logs/``, ``attempts/`` and the
scripts that were submitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from real.errors import DataError, UsageError
from real.io import disk
from real.registry import did_you_mean

_NUMBERED = re.compile(r"(\d{4,})-.+")


@dataclass(frozen=True)
class SubmittedRun:
    """One run of a submission; ``submitted`` is false if it was already done."""

    index: int  # of its tasks in the arrays
    run_id: str
    run_dir: Path
    changes: tuple[str, ...]
    steps: int  # of PPO; 0 where none are made
    submitted: bool = True


@dataclass(frozen=True)
class Submission:
    """One call of ``slurm/submit.py``; ``job_ids`` maps stage names (``train``, ``evaluate``, ...) to SLURM job ids."""

    folder: Path
    entries: tuple[SubmittedRun, ...]
    command: tuple[str, ...] = ()
    workdir: str = ""
    sweep_dir: str | None = None
    created: str = ""
    commit: str | None = None
    force: bool = False
    stages: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    job_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The folder's name, which is what status and cancel take."""
        return self.folder.name

    def config_of(self, index: int) -> Path:
        """The frozen configuration of one run."""
        return self.folder / "configs" / f"{index:04d}.yaml"

    def write(self) -> None:
        """Replace ``manifest.json``."""
        record = asdict(self)
        del record["folder"]
        record["entries"] = [{**entry, "run_dir": str(entry["run_dir"])} for entry in record["entries"]]
        disk.write_json(self.folder / "manifest.json", record)

    def with_job(self, stage: str, job_id: str) -> Submission:
        """Return a copy with one more job id, written to disk at once so that a kill after ``sbatch`` loses nothing."""
        changed = replace(self, job_ids={**self.job_ids, stage: job_id})
        changed.write()
        return changed


def read(folder: Path) -> Submission:
    """Read the submission in ``folder``; raises ``DataError`` if it is missing or damaged."""
    record: dict[str, Any] = disk.read_json(folder / "manifest.json")
    record.pop("key", None)  # up to version 0.3 jobs were found by a comment
    try:
        entries = tuple(
            SubmittedRun(**{**entry, "run_dir": Path(entry["run_dir"]), "changes": tuple(entry["changes"])})
            for entry in record.pop("entries")
        )
        stages = {name: tuple(indices) for name, indices in record.pop("stages").items()}
        return Submission(folder, entries, stages=stages, command=tuple(record.pop("command")), **record)
    except (AttributeError, KeyError, TypeError) as error:
        raise DataError(f"{folder / 'manifest.json'} is damaged: {error}") from error


def submissions(output_dir: Path) -> Iterator[Submission]:
    """Yield every submission below ``output_dir``, oldest first, without those that were interrupted half-way."""
    folder = (output_dir / "slurm").absolute()
    found = [path for path in folder.iterdir() if _number(path)] if folder.is_dir() else []
    for path in sorted(found, key=_number):
        if (path / "manifest.json").exists():
            yield read(path)


def new_folder(output_dir: Path, name: str) -> Path:
    """Create the folder with the next number; the caller holds the lock of ``output_dir/slurm``."""
    parent = output_dir / "slurm"
    with disk.disk_errors(parent):
        parent.mkdir(parents=True, exist_ok=True)
        number = max((_number(path) for path in parent.iterdir()), default=0) + 1
        folder = parent / f"{number:04d}-{name}"
        for part in ("configs", "logs", "attempts"):
            (folder / part).mkdir(parents=True)
    return folder.absolute()


def named(output_dir: Path, name: str) -> Submission:
    """Return the submission with this name or number; raises ``UsageError`` with the nearest names."""
    known = {one.name: one for one in submissions(output_dir)}
    for full, one in known.items():
        if name in (full, full.partition("-")[0], full.partition("-")[0].lstrip("0")):
            return one
    raise UsageError(f"no submission {name!r} below {output_dir / 'slurm'}", hint=did_you_mean(name, known))


def _number(path: Path) -> int:
    found = _NUMBERED.fullmatch(path.name)
    return int(found[1]) if found else 0
