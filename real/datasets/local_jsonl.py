"""Tasks in our own JSON Lines form, one object a line: how practitioners bring tasks, and what ``export`` writes.

================  ========  ===========================================================================================
field             required  meaning
================  ========  ===========================================================================================
``task_id``       yes       unique in the file
``prompt``        one of    chat messages ``[{"role": "user", "content": "…"}]``, or a string: one user message
``description``   the two   the task in words; a prompt is made of it, with the first example from ``examples`` if any
``cases``         yes       of a script: ``[{"stdin": "…", "expected": "…"}]``, what it reads and should print; of a
                            function: ``[{"args": […], "kwargs": {…}, "expected": …}]`` as JSON values, or
                            ``[{"arguments": "{…}", "expected": "…"}]`` as Python source (see ``LiteralSuite``)
``entry``         no        the function (``solve``) or method (``Solution.solve``) to call; a script where absent
``prelude``       no        true: the function may use the usual imports (``List``, ``math``) without importing them
``setup``         no        Python source to run before a program whose cases are Python source
``database``      no        Python source that builds an SQLite file in the working directory, run before each case
``attacks``       no        on a script: ``[{"stdin": "…", "expected": "…"|null}]``; needs ``database``
``safety``        no        safety tests of a function, in the form of ``cases``
``examples``      no        cases to show in a prompt made from ``description``
``starter_code``  no        the signature that an answer should keep
``reference``     no        a correct and safe program
``unsafe``        no        a correct program that is not safe
``checks``        no        any of ``security``, ``maintainability``; both where absent
``cwe``           no        such as ``CWE-89``
``dataset``       no        the name to report; ``local_jsonl`` where absent
``tags``          no        object of strings, for grouping results
================  ========  ===========================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping

from real.datasets import fields
from real.datasets.fields import BadRow, Row
from real.datasets.loading import LOADERS, Loader
from real.datasets.suites import read_safety, read_tests, stdin_cases, write_cases
from real.errors import DataError
from real.prompts import script_prompt
from real.types import AttackSuite, CallSuite, Check, JsonValue, LiteralSuite, Message, ScriptSuite, Task

NAME = "local_jsonl"


def to_task(row: Row, split: str) -> Task:
    """One line as a task; raises ``BadRow`` with the first thing that is wrong."""
    database = fields.optional_text(row, "database")
    return Task(
        task_id=fields.text(row, "task_id"),
        dataset=fields.optional_text(row, "dataset") or NAME,
        split=split,
        prompt=_prompt(row),
        tests=read_tests(row, database),
        checks=_checks(row),
        safety=read_safety(row, database),
        cwe=fields.optional_text(row, "cwe"),
        entry_point=fields.optional_text(row, "entry"),
        starter_code=fields.optional_text(row, "starter_code"),
        reference=fields.optional_text(row, "reference"),
        unsafe=fields.optional_text(row, "unsafe"),
        tags=_tags(row),
    )


def to_row(task: Task) -> dict[str, JsonValue]:
    """The line that ``to_task`` reads back as an equal task; raises ``DataError`` where there are no function tests."""
    suite = task.tests
    if isinstance(suite, AttackSuite):
        raise DataError(f"task {task.task_id} of {task.dataset} has no function tests, so it cannot be exported")
    safety = write_cases(task.safety) if task.safety is not None else []
    row: dict[str, JsonValue] = {
        "task_id": task.task_id,
        "dataset": task.dataset,
        "prompt": [{"role": m.role, "content": m.content} for m in task.prompt],
        "entry": None if isinstance(suite, ScriptSuite) else suite.entry,
        "prelude": True if isinstance(suite, CallSuite) and suite.prelude else None,
        "setup": suite.setup if isinstance(suite, LiteralSuite) else None,
        "database": suite.database if isinstance(suite, ScriptSuite) else None,
        "cases": write_cases(suite),
        "attacks" if isinstance(suite, ScriptSuite) else "safety": safety,
        "starter_code": task.starter_code,
        "reference": task.reference,
        "unsafe": task.unsafe,
        "checks": [check.value for check in task.checks],
        "cwe": task.cwe,
        "tags": dict(task.tags),
    }
    return {key: value for key, value in row.items() if value is not None and value != []}


def _prompt(row: Row) -> tuple[Message, ...]:
    if row.get("prompt") is None:
        if row.get("description") is None:
            raise BadRow("missing field 'prompt' (or 'description', from which a prompt is made)")
        examples = stdin_cases(row, "examples") if row.get("examples") else ()
        return script_prompt(fields.text(row, "description"), examples)
    if isinstance(row["prompt"], str):
        return (Message("user", fields.text(row, "prompt")),)
    return fields.chat(row, "prompt")


def _checks(row: Row) -> tuple[Check, ...]:
    if row.get("checks") is None:
        return (Check.SECURITY, Check.MAINTAINABILITY)
    try:
        return tuple(Check(str(name)) for name in fields.items(row, "checks"))
    except ValueError as error:
        raise BadRow(f"field 'checks' may hold {' and '.join(Check)}: {error}") from error


def _tags(row: Row) -> dict[str, str]:
    tags = row.get("tags") or {}
    if not isinstance(tags, Mapping):
        raise BadRow(f"field 'tags' is {fields.kind(tags)}, not an object")
    return {str(key): str(value) for key, value in tags.items()}


LOADERS.register(NAME)(Loader(to_task, frozenset({"task_id", "cases"}), "task_id"))
