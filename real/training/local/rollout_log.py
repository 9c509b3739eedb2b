"""``rollouts.jsonl`` of a run: every answer that was trained on, with its reward."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from real.io.disk import disk_errors, to_line
from real.training.local.rollout_scores import Scored

FILE = "rollouts.jsonl"


def append(path: Path, step: int, scored: Sequence[Scored]) -> None:
    """Add the answers of ``step`` (from 1), a line each; raises ``InfrastructureError`` where the disk refuses."""
    lines = []
    for completion, (_, reward) in scored:
        record: dict[str, object] = {
            "step": step,
            "task_id": completion.task_id,
            "completion": completion.text,
            "finished": completion.finished,
            "reward": reward.value,
            "components": dict(reward.components),
        }
        if reward.masked:
            record["masked"] = reward.masked
        if reward.credit:  # [start, end) in the characters of the completion, and the blame there
            record["credit"] = [[part.start, part.end, part.value] for part in reward.credit]
        lines.append(to_line(record))
    with disk_errors(path), path.open("a", encoding="ascii") as file:
        file.writelines(lines)


def rewind(path: Path, step: int) -> None:
    """Cut off what came after ``step``, and a line that a kill tore off: call it on resume."""
    if not path.exists():
        return
    keep = 0
    with disk_errors(path), path.open("r+b") as file:
        for line in file:
            if not line.endswith(b"\n") or _step(line) > step:
                break
            keep += len(line)
        file.truncate(keep)


def _step(line: bytes) -> float:
    """The step of a record; of a damaged one, one that is after every other."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
