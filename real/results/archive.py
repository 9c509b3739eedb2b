"""Runs packed small enough to be committed: records compressed, no weights, nothing that names a machine's folders."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from real.errors import DataError, UsageError
from real.evaluation.metrics import RunMetrics, read_run
from real.evaluation.rates import RATE_NAMES
from real.io.disk import atomic_write, disk_errors
from real.results.task_records import stages_of, task_records
from real.runs.store import RunStore

_HINT = "A file was cut off or edited: copy the run directory again, or run the same command again with force=true."
_PLAIN = ("metrics.json", "config.yaml", "env.json", "status", "margins.json", "safecoder.json")
_OWN_FOLDER = re.compile(rb"^output_dir: .*$", re.MULTILINE)  # in config.yaml; no part of what the run is
# What a run wrote and how it was judged, and the records of its method (docs/methods.md).
_PACKED = re.compile(r"(steps|losses|constraints|promsec|repairs|examples|completions_[\w-]+|outcomes_[\w-]+)\.jsonl")


def archive(runs: Sequence[Path], out: Path) -> list[Path]:
    """Copy each finished run to ``out/RUN_ID``; the same bytes for the same run. Returns the new directories.

    Archives are append-only: raises ``UsageError`` where one of that name holds something else, ``DataError`` where a
    run is not finished, or its records do not give its figures.
    """
    packed = [(out / run.resolve().name, _packed(run)) for run in runs]
    for folder, files in packed:
        if folder.exists() and {path.name: path.read_bytes() for path in folder.iterdir()} != files:
            raise UsageError(
                f"{folder} holds another run of this name", hint="Archives are append-only: remove it yourself first."
            )
    for folder, files in packed:
        for name, content in files.items():
            atomic_write(folder / name, content)
    return [folder for folder, _ in packed]


def _packed(run: Path) -> dict[str, bytes]:
    _check_whole(run, read_run(run))
    files: dict[str, bytes] = {}
    with disk_errors(run):
        for path in sorted(run.iterdir()):
            if path.name in _PLAIN or path.name.endswith(".jsonl.gz"):
                files[path.name] = _OWN_FOLDER.sub(b"output_dir: outputs", path.read_bytes())
            elif _PACKED.fullmatch(path.name):
                files[f"{path.name}.gz"] = gzip.compress(path.read_bytes(), mtime=0)
    return files


def _check_whole(run: Path, told: RunMetrics) -> None:
    """Raise ``DataError`` unless responses and verdicts are all there and give the counts of ``metrics.json``."""
    for stage, metrics in (("before", told.before), ("after", told.after)):
        if metrics is None:
            continue
        if stage not in stages_of(run):
            raise DataError(f"{run} has no verdicts {stage} training (outcomes_{stage}.jsonl)", hint=_HINT)
        records = task_records(run, stage)
        judged = [record for record in records if record.func_qual is not None]
        passed = {name: sum(getattr(record, name) is True for record in judged) for name in RATE_NAMES}
        found = (len(judged), len(records) - len(judged), passed)
        expected = (metrics.n, metrics.masked, {name: metrics.rates()[name].passed for name in RATE_NAMES})
        if found != expected:
            raise DataError(
                f"{run}: outcomes_{stage}.jsonl does not give the figures of metrics.json: {_counted(*found)}, not "
                f"{_counted(*expected)}",
                hint=_HINT,
            )
        answered = {(one.task_id, one.sample) for one in RunStore(run).read_completions(stage)}
        missing = [record for record in records if (record.task_id, record.sample) not in answered]
        if missing:
            raise DataError(
                f"{run}: completions_{stage}.jsonl lacks {len(missing)} of {len(records)} responses, such as that to "
                f"{missing[0].task_id}",
                hint=_HINT,
            )


def _counted(n: int, masked: int, passed: Mapping[str, int]) -> str:
    return f"{n} judged and {masked} masked, " + ", ".join(f"{name} {count}" for name, count in passed.items())
