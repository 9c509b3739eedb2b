"""The programs that a report shows side by side: one task, written at three stages of training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from real.errors import DataError
from real.io.disk import has_lines, read_lines
from real.runs.store import RunStore
from real.types import Finding, OutcomeStatus, TraceStep

STAGES = {"before": "Warm start", "middle": "Half-way", "after": "After training"}


@dataclass(frozen=True, slots=True)
class Example:
    """One line of ``examples.jsonl``; ``stage`` is a key of ``STAGES``, ``reward`` is ``None`` where masked.

    ``failures`` counts tests by what went wrong (``wrong``, ``timeout``, ...), where the record lists ``outcomes``.
    """

    stage: str
    step: int
    task_id: str
    prompt: str
    code: str | None
    reason: str | None
    passed: int
    total: int
    failures: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]
    reward: float | None


def read_examples(store: RunStore) -> list[list[Example]]:
    """Examples of each task in the order of ``STAGES``; none where the run wrote no ``examples.jsonl``.

    Raises ``DataError`` naming the line where a record cannot be read.
    """
    path = store / "examples.jsonl"
    if not has_lines(path):
        return []
    tasks: dict[str, dict[str, Example]] = {}
    for number, record in enumerate(read_lines(path), 1):
        try:
            example = _parse(record)
        except KeyError as error:
            raise DataError(f"{path}, line {number} has no {error}") from error
        except (TypeError, ValueError) as error:
            raise DataError(f"{path}, line {number} cannot be read: {error}") from error
        tasks.setdefault(example.task_id, {})[example.stage] = example
    return [[stages[stage] for stage in STAGES if stage in stages] for stages in tasks.values()]


def _parse(record: Mapping[str, object]) -> Example:
    stage = str(record["stage"])
    if stage not in STAGES:
        raise ValueError(f"stage is {stage!r}, but it must be {', '.join(STAGES)}")
    function, reward = _object(record["function"]), record["reward"]
    return Example(
        stage=stage,
        step=int(_number(record["step"])),
        task_id=str(record["task_id"]),
        prompt=str(record["prompt"]),
        code=_text(record["code"]),
        reason=_text(record["reason"]),
        passed=int(_number(function["passed"])),
        total=int(_number(function["total"])),
        failures=_failures(function.get("outcomes", [])),
        findings=tuple(_finding(item) for item in _list(record["findings"])),
        reward=None if reward is None else _number(reward),
    )


def _failures(outcomes: object) -> tuple[tuple[str, int], ...]:
    if not isinstance(outcomes, list):
        raise TypeError(f"{outcomes!r} is no list")
    statuses = (str(outcome) for outcome in outcomes)
    return tuple(Counter(status for status in statuses if status != OutcomeStatus.PASS).most_common())


def _finding(record: Mapping[str, object]) -> Finding:
    trace = tuple(TraceStep(int(_number(step["line"])), str(step["note"])) for step in _list(record.get("trace", [])))
    return Finding(str(record["rule"]), int(_number(record["line"])), str(record["message"]), trace=trace)


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no object")
    return value


def _list(value: object) -> Sequence[Mapping[str, object]]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return [_object(item) for item in value]


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value


def _text(value: object) -> str | None:
    return None if value is None else str(value)
