"""APPS+ (REAL, section 4): functions and ``Solution`` methods, judged by tests and by the type checker.

The reference is the release's ``ground_truth``; few carry annotations (59 of 519 any return annotation), so most would
fail the type checker themselves. The train split is on the hub only.
"""

from __future__ import annotations

from real.datasets import fields
from real.datasets.fields import BadRow, Row
from real.datasets.loading import LOADERS, Loader
from real.types import CallCase, CallSuite, Check, JsonValue, Task

NAME = "apps_plus"


def to_task(row: Row, split: str) -> Task:
    """One row of the released parquet as a task; raises ``BadRow`` where a field is missing or mistyped."""
    entry, cases = _tests(row)
    form = fields.text(row, "extra_info.program_type")
    if form not in ("function", "class"):
        raise BadRow(f"field 'extra_info.program_type' is {form!r}, not 'function' or 'class'")
    entry = f"Solution.{entry}" if form == "class" else entry
    return Task(
        task_id=_problem_id(row),
        dataset=NAME,
        split=split,
        prompt=fields.chat(row, "prompt"),
        tests=CallSuite(entry, cases, prelude=True),  # the release runs every program under a header of imports
        checks=(Check.MAINTAINABILITY,),
        entry_point=entry,
        starter_code=fields.optional_text(row, "extra_info.starter_code"),
        reference=fields.optional_text(row, "reward_model.ground_truth"),
        tags={"difficulty": fields.text(row, "difficulty"), "form": form},
    )


def _problem_id(row: Row) -> str:
    value = fields.get(row, "problem_id")
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise BadRow(f"field 'problem_id' is {fields.kind(value)}, neither a number nor a string")
    return str(value)


def _tests(row: Row) -> tuple[str, tuple[CallCase, ...]]:
    info = fields.parsed_json(row, "extra_info.test_info")
    if not isinstance(info, dict):
        raise BadRow("field 'extra_info.test_info' is not a JSON object")
    name, inputs, outputs = (info.get(key) for key in ("fn_name", "inputs", "outputs"))
    if not isinstance(name, str) or not isinstance(inputs, list) or not isinstance(outputs, list):
        raise BadRow("field 'extra_info.test_info' lacks fn_name, inputs or outputs")
    if not inputs or len(inputs) != len(outputs):
        raise BadRow(f"field 'extra_info.test_info' has {len(inputs)} inputs and {len(outputs)} outputs")
    return name, tuple(CallCase(expected, _arguments(args)) for args, expected in zip(inputs, outputs, strict=True))


def _arguments(value: JsonValue) -> tuple[JsonValue, ...]:
    if not isinstance(value, list):
        raise BadRow("field 'extra_info.test_info' has inputs that are no argument list")
    return tuple(value)


LOADERS.register(NAME)(
    Loader(
        to_task,
        frozenset({"problem_id", "question", "solutions", "starter_code"}),
        "problem_id",
        hub_id="fengyao1909/APPS_Plus",
    )
)
