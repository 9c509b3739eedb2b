"""What the records of a run say of each task: the program, the tests that it passed, what was found in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from real.errors import DataError
from real.evaluation.metrics import RunMetrics
from real.extract import extract
from real.io.disk import has_lines
from real.protocols import rules
from real.runs.store import RunStore

STAGES = ("before", "after")


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """One response of one evaluation; the three pass marks are ``None`` where our own machinery failed (masked).

    ``passed`` of ``total`` unit tests; ``outcomes`` and ``details`` have one entry a test. ``findings`` are the records
    of ``real.runs.records.finding_record``. ``safety`` is ``None`` where the task has no safety tests.
    """

    task_id: str
    stage: str
    status: str
    reason: str
    reward: float | None
    function: bool | None
    quality: bool | None
    func_qual: bool | None
    safety: bool | None
    passed: int
    total: int
    outcomes: tuple[str, ...]
    details: tuple[str, ...]
    findings: tuple[Mapping[str, object], ...]
    sample: int = 0
    flaky: bool = False


def stages_of(run: Path) -> list[str]:
    """The evaluations that a run recorded, in order."""
    return [stage for stage in STAGES if has_lines(run / f"outcomes_{stage}.jsonl")]


def task_records(run: Path, stage: str) -> list[TaskRecord]:
    """The records of one evaluation, in the order of the file; raises ``DataError`` where one cannot be read."""
    records = []
    for number, record in enumerate(RunStore(run).read_outcomes(stage), 1):
        try:
            records.append(_parse(record, stage))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{run}/outcomes_{stage}.jsonl, line {number} cannot be read: {error!r}",
                hint="It was written by another version, or edited.",
            ) from error
    return records


def check_records(run: Path, told: RunMetrics) -> None:
    """Raise ``DataError`` where recorded verdicts or responses cannot be read, or are none though figures count some.

    A run may have been kept without them; what is there must be whole enough to be read.
    """
    for stage, metrics in (("before", told.before), ("after", told.after)):
        counted = metrics.n + metrics.masked if metrics else 0
        readers: dict[str, Callable[[], Sized]] = {
            "outcomes": partial(task_records, run, stage),
            "completions": partial(RunStore(run).read_completions, stage),
        }
        for kind, read in readers.items():
            path = run / f"{kind}_{stage}.jsonl"
            if counted and has_lines(path) and not read():
                raise DataError(
                    f"{path} is empty, but metrics.json counts {counted} responses {stage} training",
                    hint="It was cut off: copy the run again, or make it again (force=true).",
                )


def programs(run: Path, stage: str, protocol: str, dataset: str) -> dict[tuple[str, int], str]:
    """The program of each (task, sample), as the run's protocol takes it out of the response; those that have one."""
    rule = rules(protocol, dataset).extraction
    found = {(c.task_id, c.sample): extract(c.text, rule).code for c in RunStore(run).read_completions(stage)}
    return {answer: code for answer, code in found.items() if code is not None}


def _parse(record: Mapping[str, object], stage: str) -> TaskRecord:
    status = str(record["status"])
    function, quality = _object(record["function"]), _object(record["quality"])
    clean = quality["passed"]
    right = None if status == "masked" else _all_passed(function)
    good = None if status == "masked" or clean is None else bool(clean)
    reward, safety = record["reward"], record["safety"]
    return TaskRecord(
        task_id=str(record["task_id"]),
        stage=stage,
        status=status,
        reason=str(record["reason"] or ""),
        reward=None if reward is None else float(str(reward)),
        function=right,
        quality=good,
        func_qual=None if right is None or good is None else right and good,
        safety=None if safety is None else _all_passed(_object(safety)),
        passed=int(str(function["passed"])),
        total=int(str(function["total"])),
        outcomes=_texts(function["outcomes"]),
        details=_texts(function.get("details", [])),
        findings=tuple(_object(finding) for finding in _list(quality["findings"])),
        sample=int(str(record.get("sample", 0))),
        flaky=bool(record.get("flaky", False)),
    )


def _all_passed(tests: Mapping[str, object]) -> bool:
    # No tests were run: nothing passed, as in real.verdicts.
    return bool(tests["total"]) and tests["passed"] == tests["total"]


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no object")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in _list(value))
