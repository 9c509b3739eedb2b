"""Results of earlier runs, one JSON line for each validated row, so that an interrupted validation goes on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from real import detector, execution, typecheck
from real.datasets.validation.rows import ProgramRun, RowResult, RowStatus
from real.io import disk
from real.types import JsonValue, OutcomeStatus, Task

VERSION = 1  # of the rules in ``rows`` and of the record; raise it when either changes


class ValidationJournal:
    """An append-only JSON Lines file; a record counts only for the same task, code versions and settings."""

    def __init__(self, path: Path, settings: Iterable[str]) -> None:
        """``settings`` is what else may change a report, such as the protocol; a broken file raises ``DataError``."""
        self.path = path
        versions = (str(VERSION), detector.VERSION, execution.VERSION, typecheck.VERSION)
        self._facts = "\0".join([*versions, *settings])
        lines = disk.read_lines(path) if path.exists() else []
        if lines and not path.read_bytes().endswith(b"\n"):
            disk.write_lines(path, lines)  # a kill tore the last line off: the next record must not continue it
        self._known = {str(line.get("key")): line for line in lines}

    def get(self, task: Task) -> dict[str, object] | None:
        """The record of a task that was validated before, or ``None``."""
        return self._known.get(self.key(task))

    def put(self, task: Task, report: RowResult) -> dict[str, object]:
        """Write a report down and return its record; a failure of the machine is not kept but tried again."""
        record: dict[str, object] = {"key": self.key(task), **record_of(report)}
        if report.status is not RowStatus.MACHINE:
            disk.append_line(self.path, record)
        return record

    def key(self, task: Task) -> str:
        """The hash of everything that a report depends on."""
        text = json.dumps(dataclasses.asdict(task), sort_keys=True, default=str)
        return hashlib.sha256(f"{self._facts}\0{text}".encode()).hexdigest()


def record_of(report: RowResult) -> dict[str, JsonValue]:
    """A report as a JSON object."""
    return {
        "task_id": report.task_id,
        "status": report.status.value,
        "reason": report.reason,
        "notes": list(report.notes),
        "programs": [_program(run) for run in report.programs],
    }


def _program(run: ProgramRun) -> dict[str, JsonValue]:
    record: dict[str, JsonValue] = {"role": run.role.value, "extracted": run.extracted}
    for name, runs in (("tests", run.tests), ("safety", run.safety)):
        if runs:
            passed = sum(outcome.status is OutcomeStatus.PASS for outcome in runs[0])
            slowest = max((outcome.seconds for outcome in runs[0]), default=0.0)
            record[name] = {"passed": passed, "total": len(runs[0]), "slowest_cpu_s": round(slowest, 3)}
    for check, analysis in run.analyses.items():
        rules: list[JsonValue] = [*sorted({finding.rule for finding in analysis.findings})]
        record[check.value] = {"status": analysis.status.value, "rules": rules}
    return record
