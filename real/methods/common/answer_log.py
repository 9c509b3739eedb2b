"""What a method did for each test task, in a file of the run directory: a record a task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from real.io.disk import read_lines, write_lines
from real.types import JsonValue


def record_answers(path: Path, records: Sequence[dict[str, JsonValue]]) -> None:
    """Add ``records``, each with its ``task_id``.

    Those of the same tasks are replaced: an interrupted run answers the tasks of its last batch again.
    """
    again = {record["task_id"] for record in records}
    kept = [line for line in read_lines(path) if line["task_id"] not in again] if path.exists() else []
    write_lines(path, [*kept, *records])
