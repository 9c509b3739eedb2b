"""Trackers log the metrics of each training step: to CSV always, to W&B where asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from real.io import disk
from real.logger.config import LoggerCfg
from real.logger.wandb_preflight import WandbMode, wandb_mode


class Tracker(Protocol):
    """Receives the metrics of each training step."""

    def log(self, step: int, values: Mapping[str, object]) -> None:
        """Record the values of one step."""

    def finish(self) -> None:
        """Flush and close; a tracker can be finished twice."""


class CsvTracker:
    """``steps.csv``: one row a step; a key that appears later becomes a column, empty above."""

    def __init__(self, path: Path, *, history: Sequence[Mapping[str, object]] = ()) -> None:
        """Start the file anew with ``history``, the steps that a resumed run keeps."""
        self._path = path
        self._rows: list[dict[str, object]] = [dict(record) for record in history]
        self._columns = list(dict.fromkeys(["step", *(key for row in self._rows for key in row)]))
        self._write_all()

    def log(self, step: int, values: Mapping[str, object]) -> None:
        """Append one row; raises ``InfrastructureError`` where the disk refuses."""
        row = {**values, "step": step}
        self._rows.append(row)
        new = [key for key in row if key not in self._columns]
        if new:
            self._columns += new
            self._write_all()
        else:
            with disk.disk_errors(self._path), self._path.open("a", encoding="utf-8", newline="") as file:
                csv.DictWriter(file, self._columns, lineterminator="\n").writerow(row)

    def finish(self) -> None:
        """Nothing is left to do: every row is on the disk already."""

    def _write_all(self) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, self._columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        disk.atomic_write(self._path, text.getvalue())


class Trackers:
    """Several trackers as one."""

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = tuple(trackers)

    def log(self, step: int, values: Mapping[str, object]) -> None:
        """Hand the values to each tracker."""
        for tracker in self._trackers:
            tracker.log(step, values)

    def finish(self) -> None:
        """Finish each tracker."""
        for tracker in self._trackers:
            tracker.finish()


def make_tracker(
    cfg: LoggerCfg,
    run_dir: Path,
    run_id: str,
    *,
    config: Mapping[str, object] | None = None,
    history: Sequence[Mapping[str, object]] = (),
    warn: Callable[[str], None] = print,
) -> Tracker:
    """``steps.csv`` and what ``cfg`` names; ``config`` is the composed configuration that W&B shows beside the run.

    ``history`` is what ``RunStore.read_steps`` holds when a run resumes (after ``rewind_steps``): trackers are mirrors
    of that file and are rebuilt from it, so that each step is there once however the earlier process ended. Raises
    ``UsageError`` where ``logger=wandb`` has no key. An offline client that cannot start is a warning: the run goes on.
    """
    trackers: list[Tracker] = [CsvTracker(run_dir / "steps.csv", history=history)]
    if wandb_mode(cfg) != WandbMode.NONE:
        from real.logger.wandb_tracker import start

        wandb = start(cfg, run_dir, run_id, config=config or {}, history=history, warn=warn)
        trackers += [wandb] if wandb else []
    return Trackers(trackers)
