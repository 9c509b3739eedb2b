"""Test suites in our JSON Lines form: the fields ``cases``, ``attacks`` and ``safety`` of ``local_jsonl``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from real.datasets import fields
from real.datasets.fields import BadRow, Row
from real.types import (
    AttackCase,
    AttackSuite,
    CallCase,
    CallSuite,
    JsonValue,
    LiteralCase,
    LiteralSuite,
    ScriptSuite,
    StdinCase,
    Suite,
)


def read_tests(row: Row, database: str | None) -> Suite:
    """The function tests: of a script, or where the row names an ``entry``, of a function or method."""
    entry = fields.optional_text(row, "entry")
    return ScriptSuite(stdin_cases(row, "cases"), database) if entry is None else _calls(row, "cases", entry)


def read_safety(row: Row, database: str | None) -> Suite | None:
    """The safety tests of a function, the attacks on a script, or ``None``; attacks need a database."""
    entry = fields.optional_text(row, "entry")
    if entry is not None:
        return _calls(row, "safety", entry) if row.get("safety") else None
    if not row.get("attacks"):
        return None
    if database is None:
        raise BadRow("field 'attacks' needs 'database': what would leak?")
    cases = []
    for attack in fields.objects(row, "attacks"):
        known = attack.get("expected") is not None
        expected = fields.text(attack, "expected", allow_empty=True) if known else None
        cases.append(AttackCase(fields.text(attack, "stdin", allow_empty=True), expected))
    return AttackSuite(tuple(cases), database)


def stdin_cases(row: Row, path: str) -> tuple[StdinCase, ...]:
    """A list of ``{"stdin", "expected"}``."""
    return tuple(
        StdinCase(fields.text(case, "stdin", allow_empty=True), fields.text(case, "expected", allow_empty=True))
        for case in fields.objects(row, path)
    )


def _calls(row: Row, path: str, entry: str) -> Suite:
    cases = fields.objects(row, path)
    if all("arguments" in case for case in cases):
        literals = tuple(LiteralCase(fields.text(case, "arguments"), fields.text(case, "expected")) for case in cases)
        return LiteralSuite(entry, literals, fields.optional_text(row, "setup") or "")
    return CallSuite(entry, tuple(map(_call, cases)), row.get("prelude") is True)


def _call(case: Row) -> CallCase:
    args, kwargs = case.get("args", []), case.get("kwargs", {})
    if not isinstance(args, list) or not isinstance(kwargs, dict) or "expected" not in case:
        raise BadRow("a call needs 'expected', and takes 'args', a list, and 'kwargs', an object")
    expected: JsonValue = case["expected"]  # type: ignore[assignment]  # rows come from JSON
    return CallCase(expected, tuple(args), kwargs)


def write_cases(suite: Suite) -> list[JsonValue]:
    """The cases of a suite as the objects that are read back as equal ones."""
    match suite:
        case ScriptSuite(cases=cases):
            return [{"stdin": case.stdin, "expected": case.expected} for case in cases]
        case AttackSuite(cases=attacks):
            return [{"stdin": attack.stdin, "expected": attack.expected} for attack in attacks]
        case CallSuite(cases=calls):
            return [_written_call(call.args, call.kwargs, call.expected) for call in calls]
        case LiteralSuite(cases=literals):
            return [{"arguments": literal.arguments, "expected": literal.expected} for literal in literals]


def _written_call(args: Sequence[JsonValue], kwargs: Mapping[str, JsonValue], expected: JsonValue) -> JsonValue:
    return {"args": list(args), **({"kwargs": dict(kwargs)} if kwargs else {}), "expected": expected}
