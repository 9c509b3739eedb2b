"""The stable interface that others script against: one request per input line, one result per output line, in order.

Input ``{"id", "code", "mode": "stdin"|"call", "entry": "solve", "cases": [{"stdin", "expected"} | {"args", "kwargs",
"expected"}], "cpu_s": 2, "memory_mb": 1024, "output_kb": 256}``; output ``{"id", "status", "passed", "total",
"isolation", "outcomes": [{"status", "seconds", "output", "reason"}], "reason"}``. ``status`` is ``pass`` or that of the
first case that does not pass, and ``reason`` says why. A line that is no request gets ``"status": "error"`` and a
``reason``, and the lines after it are served as ever.
"""

from __future__ import annotations

import json
import math
import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, BinaryIO

from real.execution.failure_budget import FailureBudget
from real.execution.limits import MOST_CPU_S, MOST_MEMORY_MB, MOST_OUTPUT_KB
from real.execution.pool import Pool
from real.types import (
    CallCase,
    CallSuite,
    ExecutionRequest,
    ExecutionResult,
    Limits,
    OutcomeStatus,
    ScriptSuite,
    StdinCase,
)

_AHEAD = 8  # lines read per worker before the first of them is answered
_LONGEST_LINE = 48 << 20  # bytes: what a worker takes at once
_DEEPEST = 250  # levels of lists and objects in arguments and expected values
_SKIPPED = 1 << 20
_DEFAULTS = Limits()


class BadLineError(ValueError):
    """A line that is no request, with the reason."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is known of a line when it was read: its id, and its result to come or why there is none."""

    line_id: Any
    answer: Future[ExecutionResult] | str


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream; of one that is longer than a request may be, only the beginning is kept."""
    while line := stream.readline(_LONGEST_LINE + 1):
        rest = line
        while len(line) > _LONGEST_LINE and rest and not rest.endswith(b"\n"):
            rest = stream.readline(_SKIPPED)
        yield line


def serve(lines: Iterable[bytes], pool: Pool) -> Iterator[str]:
    """Answer each line, in order, as soon as it and all before it are judged; takes lines only as answers are taken.

    Raises ``InfrastructureError`` where the machine fails more than one request in twenty.
    """
    entries: queue.Queue[_Entry | BaseException | None] = queue.Queue(_AHEAD * pool.workers)

    def read() -> None:
        try:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    entries.put(_entry(line, number, pool))
            entries.put(None)
        except BaseException as error:  # handed to whoever takes the answers
            entries.put(error)

    threading.Thread(target=read, name="jsonl-reader", daemon=True).start()
    budget = FailureBudget()
    while (entry := entries.get()) is not None:
        if isinstance(entry, BaseException):
            raise entry
        if isinstance(entry.answer, str):
            yield json.dumps(_refused(entry.line_id, entry.answer, pool.isolation))
        else:
            result = entry.answer.result()
            budget.add(result.outcomes)
            yield json.dumps(_answer(entry.line_id, result))


def _entry(line: bytes, number: int, pool: Pool) -> _Entry:
    line_id = None
    try:
        fields = _fields(line)
        line_id = fields.get("id")
        return _Entry(line_id, pool.submit(parse(fields, str(number))))
    except BadLineError as error:
        return _Entry(line_id, f"line {number}: {error}")


def _fields(line: bytes) -> dict[str, Any]:
    if len(line) > _LONGEST_LINE:
        raise BadLineError(f"longer than {_LONGEST_LINE >> 20} MiB")
    try:
        fields = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadLineError(f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise BadLineError("not a JSON object")
    return fields


def parse(fields: dict[str, Any], request_id: str) -> ExecutionRequest:
    """The request that a JSON object describes; raises ``BadLineError`` naming the field that is wrong."""
    if "id" not in fields:
        raise BadLineError("'id' is missing")
    code = fields.get("code")
    if not isinstance(code, str):
        raise BadLineError("'code' must be text")
    cases = fields.get("cases")
    if not isinstance(cases, list) or not cases or not all(isinstance(case, dict) for case in cases):
        raise BadLineError("'cases' must be a list of at least one object")
    if _deeper_than(_DEEPEST, cases):
        raise BadLineError(f"'cases' are nested more than {_DEEPEST} levels deep")
    limits = Limits(
        cpu_s=_number(fields, "cpu_s", _DEFAULTS.cpu_s, MOST_CPU_S),
        memory_mb=math.ceil(_number(fields, "memory_mb", _DEFAULTS.memory_mb, MOST_MEMORY_MB)),
        output_kb=math.ceil(_number(fields, "output_kb", _DEFAULTS.output_kb, MOST_OUTPUT_KB)),
    )
    match fields.get("mode", "stdin"):
        case "stdin":
            return ExecutionRequest(request_id, code, ScriptSuite(tuple(map(_stdin_case, cases))), limits)
        case "call":
            entry = fields.get("entry")
            if not isinstance(entry, str) or not entry:
                raise BadLineError("'entry' must name the function to call")
            return ExecutionRequest(request_id, code, CallSuite(entry, tuple(map(_call_case, cases))), limits)
        case mode:
            raise BadLineError(f"'mode' must be 'stdin' or 'call', not {mode!r}")


def _number(fields: dict[str, Any], name: str, default: float, most: float) -> float:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= most:
        raise BadLineError(f"{name!r} must be a number above 0 and at most {most:g}")
    return float(value)


def _deeper_than(levels: int, cases: list[Any]) -> bool:
    """Whether lists and objects in ``cases`` are nested deeper; looks level by level, hence without recursion."""
    level: list[Any] = [cases]
    for _ in range(levels):
        items = (item for each in level for item in (each.values() if isinstance(each, dict) else each))
        level = [item for item in items if isinstance(item, (list, dict))]
        if not level:
            return False
    return True


def _stdin_case(case: dict[str, Any]) -> StdinCase:
    stdin, expected = case.get("stdin", ""), case.get("expected")
    if not isinstance(stdin, str) or not isinstance(expected, str):
        raise BadLineError("a case of mode 'stdin' needs 'expected' and takes 'stdin', both text")
    return StdinCase(stdin, expected)


def _call_case(case: dict[str, Any]) -> CallCase:
    args, kwargs = case.get("args", []), case.get("kwargs", {})
    if not isinstance(args, list) or not isinstance(kwargs, dict) or "expected" not in case:
        raise BadLineError("a case of mode 'call' needs 'expected' and takes 'args', a list, and 'kwargs', an object")
    return CallCase(case["expected"], tuple(args), kwargs)


def _answer(line_id: object, result: ExecutionResult) -> dict[str, Any]:
    failed = [outcome for outcome in result.outcomes if outcome.status is not OutcomeStatus.PASS]
    answer: dict[str, Any] = {
        "id": line_id,
        "status": failed[0].status.value if failed else OutcomeStatus.PASS.value,
        "passed": len(result.outcomes) - len(failed),
        "total": len(result.outcomes),
        "isolation": result.isolation,
        "outcomes": [
            {
                "status": outcome.status.value,
                "seconds": outcome.seconds,
                "output": outcome.output,
                **({"reason": outcome.detail} if outcome.detail else {}),
            }
            for outcome in result.outcomes
        ],
    }
    if failed and failed[0].detail:
        answer["reason"] = failed[0].detail
    return answer


def _refused(line_id: object, reason: str, isolation: str) -> dict[str, Any]:
    counts = {"passed": 0, "total": 0, "isolation": isolation, "outcomes": []}
    return {"id": line_id, "status": OutcomeStatus.ERROR.value, **counts, "reason": reason}
