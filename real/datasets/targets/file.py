"""The file of targets, as ``python -m real.datasets targets`` writes it."""

from __future__ import annotations

from pathlib import Path

from real.errors import DataError
from real.io import disk


def read_targets(path: str) -> dict[str, str]:
    """Task id to the response to learn; tasks without one are left out.

    Raises ``DataError`` where the file is missing, a line has no ``task_id``, or no task has a target.
    """
    found = {}
    for number, line in enumerate(disk.read_lines(Path(path)), 1):
        if "task_id" not in line:
            raise DataError(f"{path}, line {number}: there is no task_id")
        response = line.get("response")
        if isinstance(response, str) and response.strip():
            found[str(line["task_id"])] = response
    if not found:
        raise DataError(
            f"{path} holds no target", hint="`python -m real.datasets targets NAME --out FILE` makes such a file."
        )
    return found
