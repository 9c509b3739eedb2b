"""Every run below a folder, finished or not, and an index beside them that spares reading them again.

The run directories are the store, and nothing but them counts: the index (``.index.jsonl``) is rebuilt from them,
entry by entry, wherever the files of a run are not those that it was made from. It is replaced as a whole, so that two
writers leave one of two right indexes, and a killed one leaves the old. Where it cannot be written, it is done without.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from real.errors import DataError, InfrastructureError
from real.evaluation.metrics import RunMetrics, run_of
from real.io import disk
from real.results.task_records import STAGES, check_records
from real.runs.store import RunState, RunStore

INDEX = ".index.jsonl"
_SCHEMA = 2  # an index of any other one is built anew
_MARKS = ("metrics.json", "status")  # a directory with one of these is a run
_RECORDS = ("steps", *(f"{kind}_{stage}" for kind in ("outcomes", "completions") for stage in STAGES))
_WATCHED = (*_MARKS, *(f"{name}.{form}" for name in _RECORDS for form in ("jsonl", "jsonl.gz")))


@dataclass(frozen=True, slots=True)
class Entry:
    """One run directory: its figures, or the ``problem`` that keeps them from being used.

    ``damaged`` tells a run whose files are missing, cut off or edited from one that is not finished yet.
    ``state`` is the first word of its ``status`` file (empty where there is none), ``steps`` counts lines of the log.
    """

    path: Path
    state: str
    steps: int
    run: RunMetrics | None
    problem: str = ""
    damaged: bool = False

    @property
    def run_id(self) -> str:
        """The name of the directory."""
        return self.path.name


def entries(folders: Iterable[Path | str]) -> list[Entry]:
    """The runs at or below ``folders``, by path; a run that is half-written or damaged is an entry with a problem.

    Raises ``DataError`` where a folder does not exist.
    """
    found: dict[Path, Entry] = {}
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise DataError(f"{folder} is no directory", hint="Name a run, or a folder that holds runs.")
        found.update((entry.path, entry) for entry in _entries_below(folder.resolve()))
    return [found[path] for path in sorted(found)]


def finished(folders: Sequence[Path | str]) -> tuple[list[RunMetrics], list[Entry]]:
    """The figures of the runs that have some, and the entries that have none; raises as ``finished_entries`` does."""
    found, left_out = finished_entries(folders)
    return [entry.run for entry in found if entry.run is not None], left_out


def finished_entries(folders: Sequence[Path | str]) -> tuple[list[Entry], list[Entry]]:
    """The entries that have figures, copies once, and those that have none.

    Raises ``DataError`` where no run has figures, or two of one name have different ones.
    """
    every = distinct(entries(folders))
    found = [entry for entry in every if entry.run is not None]
    left_out = [entry for entry in every if entry.run is None]
    if not found:
        where = ", ".join(map(str, folders))
        reason = f": {left_out[0].problem}" if left_out else ""
        raise DataError(f"no finished run under {where}{reason}", hint="A finished run holds metrics.json.")
    return found, left_out


def distinct(found: Iterable[Entry]) -> list[Entry]:
    """The entries without copies of a run, such as an archive beside its origin; unfinished ones as they are.

    Raises ``DataError`` where two run directories of one name have different figures.
    """
    kept: list[Entry] = []
    first: dict[str, Entry] = {}
    for entry in found:
        other = first.setdefault(entry.run_id, entry) if entry.run is not None else entry
        if other is entry:
            kept.append(entry)
        elif (other.path / "metrics.json").read_bytes() != (entry.path / "metrics.json").read_bytes():
            raise DataError(
                f"{other.path} and {entry.path} have one name, but not the same figures",
                hint="One was made anew (force=true) or edited: name the folder of the one that counts.",
            )
    return kept


def name_left_out(found: Iterable[Entry]) -> None:
    """Say on standard error which runs count nowhere, and why."""
    for entry in found:
        if entry.problem:
            print(f"left out: {entry.problem}", file=sys.stderr)


def is_run(folder: Path) -> bool:
    """Whether the folder is a run directory, however far the run got."""
    return any((folder / mark).exists() for mark in _MARKS)


def _entries_below(folder: Path) -> list[Entry]:
    runs = sorted({file.parent for mark in _MARKS for file in folder.rglob(mark)})
    known = _read_index(folder / INDEX)
    lines, result = [], []
    for run in runs:
        name = run.relative_to(folder).as_posix()
        signature = _signature(run)
        line = known.get(name)
        if line is None or line.get("signature") != signature:
            line = _line(run, name, signature)
        try:
            entry = _entry(run, line)
        except (DataError, KeyError, TypeError):  # the index is of another version, or damaged: the run itself counts
            line = _line(run, name, signature)
            entry = _entry(run, line)
        lines.append(line)
        result.append(entry)
    if lines != list(known.values()) and folder not in runs:
        with contextlib.suppress(InfrastructureError):  # somebody else's store, perhaps: it is read all the same
            disk.write_lines(folder / INDEX, lines)
    return result


def _read_index(path: Path) -> dict[str, Mapping[str, object]]:
    if not path.exists():
        return {}
    try:
        lines = disk.read_lines(path)
    except DataError:
        return {}
    return {str(line.get("path")): line for line in lines if line.get("schema") == _SCHEMA}


def _signature(run: Path) -> dict[str, list[int]]:
    """Sizes and times of the files that an entry is made from."""
    signature = {}
    for name in _WATCHED:
        with contextlib.suppress(OSError):
            told = (run / name).stat()
            signature[name] = [told.st_size, told.st_mtime_ns]
    return signature


def _line(run: Path, name: str, signature: Mapping[str, list[int]]) -> dict[str, object]:
    """The line of the index for one run, from its own files."""
    return {"schema": _SCHEMA, "path": name, "signature": signature, **_read_run(run)}


def _read_run(run: Path) -> dict[str, object]:
    store = RunStore(run)
    line: dict[str, object] = {"state": "", "steps": 0, "metrics": None, "problem": "", "damaged": False}
    try:
        status = store.read_status()
        line["state"] = status.state.value if status else ""
        line["steps"] = len(store.read_steps())
        if status is not None and status.state is RunState.DONE and not (run / "metrics.json").exists():
            raise DataError(
                f"{run} is done, as its status says, but its metrics.json is missing",
                hint="It was removed, or not copied with the rest: copy the run again, or make it again (force=true).",
            )
        if not (run / "metrics.json").exists():
            line["problem"] = f"{run} is not finished ({line['state'] or 'no status'}, {line['steps']} steps)"
            return line
        record = store.read_metrics()
        check_records(run, run_of(record, run / "metrics.json"))
        line["metrics"] = record
    except DataError as error:
        line["problem"], line["damaged"] = str(error), True
    return line


def _entry(run: Path, line: Mapping[str, object]) -> Entry:
    record, steps = line["metrics"], line["steps"]
    told = run_of(record, run / "metrics.json") if isinstance(record, Mapping) else None
    return Entry(
        run,
        str(line["state"]),
        steps if isinstance(steps, int) else 0,
        told,
        str(line["problem"]),
        line["damaged"] is True,
    )
