"""Runs packed small enough to be committed: records compressed, no weights, nothing that names a machine's folders."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from pathlib import Path

from real.errors import DataError, UsageError
from real.evaluation.metrics import read_run
from real.io.disk import atomic_write, disk_errors

_PLAIN = ("metrics.json", "config.yaml", "env.json", "status")
_OWN_FOLDER = re.compile(rb"^output_dir: .*$", re.MULTILINE)  # in config.yaml; no part of what the run is
_PACKED = re.compile(r"(steps|examples|completions_[\w-]+|outcomes_[\w-]+)\.jsonl")


def archive(runs: Sequence[Path], out: Path) -> list[Path]:
    """Copy each finished run to ``out/RUN_ID``; the same bytes for the same run. Returns the new directories.

    Archives are append-only: raises ``UsageError`` where one of that name holds something else, ``DataError`` where a
    run is not finished.
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
    read_run(run)  # finished, and readable
    files: dict[str, bytes] = {}
    with disk_errors(run):
        for path in sorted(run.iterdir()):
            if path.name in _PLAIN or path.name.endswith(".jsonl.gz"):
                files[path.name] = _OWN_FOLDER.sub(b"output_dir: outputs", path.read_bytes())
            elif _PACKED.fullmatch(path.name):
                files[f"{path.name}.gz"] = gzip.compress(path.read_bytes(), mtime=0)
    if not any(name.startswith("outcomes_") for name in files):
        raise DataError(f"{run} has no verdicts (outcomes_*.jsonl)", hint="Is this the directory of a finished run?")
    return files
