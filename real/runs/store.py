"""The directory of one run: everything that is known about it, in files that survive a kill and a full disk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from real.errors import DataError
from real.io import disk
from real.io.lock import hold
from real.runs.records import completion_record, outcome_record
from real.types import Completion, Reward, Verdict

_STAGE = re.compile(r"[A-Za-z0-9_-]+")


class RunState(StrEnum):
    """The first word of the ``status`` file; a run killed with no chance to say so is left ``RUNNING``."""

    RUNNING = "running"
    TRAINED = "trained"  # trained; its evaluation is to follow, in a job of its own
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run is, and why it ended there."""

    state: RunState
    reason: str = ""


class RunStore:
    """One directory per run; nothing is overwritten but as a whole, and making the object touches no file.

    Every method that writes raises ``InfrastructureError`` where the disk is full or refuses, and every method that
    reads raises ``DataError`` where a file is missing or damaged.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def lock(self) -> AbstractContextManager[None]:
        """Keep other processes out for the body of a ``with``; raises ``InfrastructureError`` naming the holder."""
        return hold(self / ".lock")

    # --- status ---------------------------------------------------------------------------------------------------

    def write_status(self, state: RunState, reason: str = "") -> None:
        """Say how far the run is: one word, and a reason behind a colon where there is one."""
        line = f"{state.value}: {' '.join(reason.split())}" if reason.strip() else state.value
        disk.atomic_write(self / "status", line + "\n")

    def read_status(self) -> Status | None:
        """The status, or ``None`` where the run never started."""
        path = self / "status"
        if not path.exists():
            return None
        state, _, reason = disk.read_text(path).strip().partition(": ")
        try:
            return Status(RunState(state), reason)
        except ValueError as error:
            raise DataError(f"{path} says {state!r}, but it must say {', '.join(RunState)}") from error

    # --- what the policy wrote, and what came of it ------------------------------------------------------------------

    def write_completions(self, stage: str, completions: Iterable[Completion]) -> None:
        """Store the responses of one evaluation; ``stage`` is ``before``, ``after`` or a name of your own."""
        disk.write_lines(self._staged("completions", stage), map(completion_record, completions))

    def write_outcomes(self, stage: str, judged: Iterable[tuple[Verdict, Reward]]) -> None:
        """Store the verdict and reward of every response of one evaluation; samples of a task are in their order."""
        seen: Counter[str] = Counter()
        records = []
        for verdict, reward in judged:
            records.append(outcome_record(verdict, reward, seen[verdict.task_id]))
            seen[verdict.task_id] += 1
        disk.write_lines(self._staged("outcomes", stage), records)

    def read_completions(self, stage: str) -> list[Completion]:
        """The responses of one evaluation, as they were stored."""
        path = self._staged("completions", stage)
        try:
            return [
                Completion(str(r["task_id"]), str(r["completion"]), bool(r["finished"]), int(str(r.get("sample", 0))))
                for r in disk.read_lines(path)
            ]
        except KeyError as error:
            raise DataError(f"{path}: a record has no {error}") from error
        except ValueError as error:
            raise DataError(f"{path}: a record has no number under 'sample'") from error

    def read_outcomes(self, stage: str) -> list[dict[str, object]]:
        """The outcome records of one evaluation (see ``records.outcome_record``)."""
        return disk.read_lines(self._staged("outcomes", stage))

    def write_examples(self, records: Iterable[Mapping[str, object]]) -> None:
        """Replace the programs that the report shows side by side (see ``examples.Example`` for the keys)."""
        disk.write_lines(self / "examples.jsonl", records)

    # --- training ---------------------------------------------------------------------------------------------------

    def append_step(self, record: Mapping[str, object]) -> None:
        """Add one line to ``steps.jsonl``, on the disk when this returns; ``record["step"]`` counts from 1."""
        disk.append_line(self / "steps.jsonl", record)

    def read_steps(self) -> list[dict[str, object]]:
        """One record per PPO step, or none where training has not begun."""
        path = self / "steps.jsonl"
        records = disk.read_lines(path) if disk.has_lines(path) else []
        for record in records:
            if not isinstance(record.get("step"), int | float):
                raise DataError(f"{path}: a record has no number under 'step'")
        return records

    def rewind_steps(self, step: int) -> None:
        """Drop what was logged after the checkpoint at ``step``, and a half-written last line: call it on resume."""
        if (self / "steps.jsonl").exists():
            disk.write_lines(self / "steps.jsonl", (r for r in self.read_steps() if _step_of(r) <= step))

    # --- figures of the whole run -------------------------------------------------------------------------------------

    def write_metrics(self, record: Mapping[str, object]) -> None:
        """Replace ``metrics.json`` (build the record with ``metrics.build_metrics``)."""
        disk.write_json(self / "metrics.json", record)

    def read_metrics(self) -> dict[str, object]:
        """``metrics.json`` as it is; ``metrics.read_run`` has it typed."""
        return disk.read_json(self / "metrics.json")

    def write_environment(self, record: Mapping[str, object]) -> None:
        """Replace ``env.json`` (build the record with ``environment.describe``)."""
        disk.write_json(self / "env.json", record)

    def read_environment(self) -> dict[str, object]:
        """``env.json``: where and with what the run was made."""
        return disk.read_json(self / "env.json")

    def _staged(self, kind: str, stage: str) -> Path:
        if not _STAGE.fullmatch(stage):
            raise ValueError(f"{stage!r} is no stage name: letters, digits, _ and - only")
        return self / f"{kind}_{stage}.jsonl"


def _step_of(record: Mapping[str, object]) -> float:
    step = record["step"]
    assert isinstance(step, int | float)  # read_steps has checked it
    return step
