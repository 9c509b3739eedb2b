"""The losses of a training in its run directory, one record an update; a resumed run goes on where it was saved."""

from __future__ import annotations

from pathlib import Path

from real.io.disk import append_line, read_lines, write_lines

LOG = "losses.jsonl"  # in the run directory


class LossLog:
    """``losses.jsonl`` of a run directory: ``step`` from 1, ``loss`` and its parts."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / LOG

    def keep(self, step: int) -> None:
        """Forget the updates behind ``step``, which an interrupted run has made without saving them; 0: all."""
        kept = [line for line in read_lines(self.path) if int(str(line["step"])) <= step] if step else []
        write_lines(self.path, kept)

    def add(self, step: int, losses: dict[str, float]) -> None:
        """Record update ``step``."""
        append_line(self.path, {"step": step, **losses})
