"""Check from the scorer's records that every prompt row was trained on once in each pass.

Each row of the prompt file has a number in its label, and the scorer writes it down. Training is synchronous, so the
rows of step ``s`` are scored before those of ``s + 1``, and within one pass over the file no row comes twice. A resumed
run has to go on with rows that the steps up to its checkpoint did not have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from real.errors import DataError, InfrastructureError
from real.io import disk
from real.training.openrlhf.prompt_schedule import PromptSchedule


def rewind(scored: Path, missed: Path, step: int, batch: int) -> None:
    """Drop the records after the checkpoint at ``step``: those steps are trained again."""
    kept: dict[Path, list[Mapping[str, object]]] = {scored: [], missed: []}
    trained = 0
    for path, record in _samples(scored, missed):
        if trained >= step * batch:
            break
        trained += record.get("mode") == "train"
        kept[path].append(record)
    for path, records in kept.items():
        if path.exists():
            disk.write_lines(path, records)


def rows_of(scored: Path, missed: Path) -> list[int]:
    """Return the row numbers of the training samples in the order of their answers."""
    return [_row(record, path) for path, record in _samples(scored, missed) if record.get("mode") == "train"]


def check_rows(rows: Sequence[int], schedule: PromptSchedule, *, complete: bool) -> None:
    """Raise ``InfrastructureError`` if a row came too often in one pass or, with ``complete``, if one is missing.

    ``rows``: one for every scored sample; in one pass each row has ``schedule.samples``.
    """
    per_pass, per_step = schedule.rows * schedule.samples, schedule.batch * schedule.samples
    for start in range(0, len(rows), per_pass):
        seen: Counter[int] = Counter()
        for at, row in enumerate(rows[start : start + per_pass], start):
            seen[row] += 1
            if seen[row] > schedule.samples:
                often = "twice" if schedule.samples == 1 else f"{seen[row]} times"
                raise InfrastructureError(
                    f"row {row} of the prompts came {often} in pass {start // per_pass + 1} of the file"
                    f" (step {at // per_step + 1}): the data cursor did not continue",
                    hint="Prompts are repeated or skipped then. Start the run anew with force=true.",
                )
    wanted = per_pass * schedule.passes
    if complete and len(rows) != wanted:
        raise InfrastructureError(
            f"{len(rows)} rollouts were scored, but it should have been {wanted}",
            hint="The training itself ended well; scored.jsonl tells which rows are there.",
        )


def _samples(scored: Path, missed: Path) -> list[tuple[Path, Mapping[str, object]]]:
    """Records of the scorer, and of engines that got no answer from it, by time; a late answer counts once."""
    answered = [(scored, record) for record in (disk.read_lines(scored) if scored.exists() else [])]
    given_up = [(missed, record) for record in (disk.read_lines(missed) if missed.exists() else [])]
    unanswered = [item for item in given_up if not any(_same(item[1], record) for _, record in answered)]
    return sorted([*answered, *unanswered], key=lambda item: _time(item[1]))


def _same(missing: Mapping[str, object], record: Mapping[str, object]) -> bool:
    """Whether the scorer answered after all; within an hour, for a later pass has the same rows again."""
    keys = ("mode", "row")
    return all(missing.get(key) == record.get(key) for key in keys) and abs(_time(missing) - _time(record)) < 3600


def _time(record: Mapping[str, object]) -> float:
    time = record.get("time")
    return float(time) if isinstance(time, int | float) else 0.0


def _row(record: Mapping[str, object], path: Path) -> int:
    row = record.get("row")
    if not isinstance(row, int):
        raise DataError(f"{path}: a record has no row number")
    return row
