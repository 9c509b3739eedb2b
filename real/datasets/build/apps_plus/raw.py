"""Rows of raw APPS, on the hub or in a file, as candidates: what is asked, the tests, the solutions, the signature.

Columns: ``problem_id, question, solutions, input_output, difficulty, starter_code``; ``solutions`` and ``input_output``
are JSON in a string (a list or an object is taken too). Only rows with a ``fn_name`` are calls; the others read stdin.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass

from real.datasets import fields
from real.datasets.annotate.scopes import functions
from real.datasets.fields import BadRow, Row
from real.datasets.syntax import parse
from real.types import CallCase, CallSuite, JsonValue


class NotACall(Exception):
    """The row's programs read standard input; the message is the reason, which is no defect."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One problem. ``suites`` are the ways to read its outputs: as they are, and without the list around each."""

    problem_id: str
    question: str
    difficulty: str
    starter: str
    suites: tuple[CallSuite, ...]
    solutions: tuple[str, ...]


def candidate(row: Row) -> Candidate:
    """A row as a candidate; raises ``NotACall``, or ``BadRow`` where a field is missing or mistyped."""
    tests = _json(row, "input_output")
    if not isinstance(tests, dict):
        raise BadRow("field 'input_output' is not a JSON object")
    name, inputs, outputs = (tests.get(key) for key in ("fn_name", "inputs", "outputs"))
    if name is None:
        raise NotACall("reads standard input")
    if not isinstance(name, str) or not isinstance(inputs, list) or not isinstance(outputs, list):
        raise BadRow("field 'input_output' lacks fn_name, inputs or outputs")
    if not inputs or len(inputs) != len(outputs):
        raise BadRow(f"field 'input_output' has {len(inputs)} inputs and {len(outputs)} outputs")
    solutions = _json(row, "solutions")
    if not isinstance(solutions, list) or not solutions:
        raise BadRow("field 'solutions' holds no solution")
    programs = tuple(dict.fromkeys(text for text in solutions if isinstance(text, str) and text.strip()))
    starter = (fields.optional_text(row, "starter_code") or "").strip()
    entry = _entry(name, starter, programs)
    return Candidate(
        str(fields.get(row, "problem_id")),
        fields.text(row, "question"),
        fields.optional_text(row, "difficulty") or "unknown",
        starter or _signature(programs, entry),
        tuple(CallSuite(entry, cases, prelude=True) for cases in _readings(inputs, outputs)),
        programs,
    )


def _readings(inputs: list[JsonValue], outputs: list[JsonValue]) -> Iterator[tuple[CallCase, ...]]:
    """APPS puts the output of most functions into a list of one item, and says nowhere for which: both are tried."""
    arguments = [tuple(args) if isinstance(args, list) else (args,) for args in inputs]
    if all(isinstance(output, list) and len(output) == 1 for output in outputs):
        yield tuple(CallCase(o[0], args) for args, o in zip(arguments, outputs, strict=True) if isinstance(o, list))
    yield tuple(CallCase(output, args) for args, output in zip(arguments, outputs, strict=True))


def _json(row: Row, field: str) -> JsonValue:
    value = fields.get(row, field)
    if not isinstance(value, str):
        return json.loads(json.dumps(value))  # type: ignore[no-any-return]
    return fields.parsed_json(row, field)


def _entry(name: str, starter: str, programs: tuple[str, ...]) -> str:
    in_class = starter.startswith("class Solution") or (not starter and "class Solution" in "".join(programs[:1]))
    return f"Solution.{name}" if in_class else name


def _signature(programs: tuple[str, ...], entry: str) -> str:
    """The signature of the first solution, for a problem that brings none; empty where no solution has it."""
    for program in programs:
        try:
            found = dict(functions(parse(program))).get(entry)
        except SyntaxError:
            continue
        if found is not None:
            head = f"def {found.name}({ast.unparse(found.args)}):"
            return f"class Solution:\n    {head}" if "." in entry else head
    return ""
