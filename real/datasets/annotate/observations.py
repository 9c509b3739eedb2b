"""Observations of a solution's values: the tracer run in the sandbox, and what it claims, checked."""

from __future__ import annotations

import ast
import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from real.datasets.annotate.shapes import Shape
from real.execution.backends.base import Backend
from real.types import CallCase, CallSuite, ExecutionRequest, JsonValue, Limits, TestOutcome

CASES = 24  # inputs of a task that are tried
_LIMITS = Limits(cpu_s=15.0, memory_mb=1024)
_MAX_DOCUMENT = 1 << 20  # bytes once unpacked


@dataclass(frozen=True, slots=True)
class Observations:
    """What was seen, by ``FUNCTION:param|local|return|yield|attribute:NAME``; ``reason`` is set where nothing was."""

    seen: dict[str, Shape]
    reason: str = ""


@cache
def _tracer() -> str:
    return Path(__file__).with_name("tracer.py").read_text(encoding="utf-8")


def observe(pool: Backend, code: str, suite: CallSuite) -> Observations:
    """Run ``code`` on the first inputs of its tests, traced, in the sandbox."""
    cases: list[JsonValue] = [list(case.args) for case in suite.cases[:CASES]]
    call = CallCase(None, (code, suite.entry, cases))
    result = pool.run([ExecutionRequest("observe", _tracer(), CallSuite("trace", (call,)), _LIMITS)])[0]
    return unpack(result.outcomes[0])


def unpack(outcome: TestOutcome) -> Observations:
    """The observations in an outcome, or the reason why there are none; never trusts what was claimed."""
    try:
        text = ast.literal_eval(outcome.output)
        unpacker = zlib.decompressobj()
        document = json.loads(unpacker.decompress(base64.b85decode(text), _MAX_DOCUMENT))
        seen = {str(key): _checked(shape) for key, shape in document["seen"].items()}
    except (ValueError, SyntaxError, KeyError, TypeError, AttributeError, zlib.error, RecursionError) as error:
        return Observations({}, outcome.detail or f"{outcome.status}: {error}")
    return Observations(seen)


def _checked(shape: object) -> Shape:
    if not isinstance(shape, dict) or not all(isinstance(parts, list) for parts in shape.values()):
        raise TypeError("a shape is an object of lists")
    return {str(head): [_checked(part) for part in parts] for head, parts in shape.items()}


def fits(outcomes: Sequence[TestOutcome]) -> bool:
    """Whether every test passed (and there was one)."""
    return bool(outcomes) and all(outcome.status == "pass" for outcome in outcomes)
