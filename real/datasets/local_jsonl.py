"""Tasks in our own JSON Lines form, one object a line: how practitioners bring tasks, and what ``export`` writes.

==============  ========  =============================================================================================
field           required  meaning
==============  ========  =============================================================================================
``task_id``     yes       unique in the file
``prompt``      one of    chat messages ``[{"role": "user", "content": "…"}]``, or a string: one user message
``description`` the two   the task in words; a prompt is made of it, with the first example from ``examples`` if any
``cases``       yes       ``[{"stdin": "…", "expected": "…"}]``: what the program reads and should print
``database``    no        Python source that builds an SQLite file in the working directory, run before each case
``attacks``     no        ``[{"stdin": "…", "expected": "…"|null}]``; needs ``database``
``examples``    no        cases to show in a prompt made from ``description``
``reference``   no        a correct and safe program
``unsafe``      no        a correct program that is not safe
``checks``      no        any of ``security``, ``maintainability``; both where absent
``cwe``         no        such as ``CWE-89``
``dataset``     no        the name to report; ``local_jsonl`` where absent
``tags``        no        object of strings, for grouping results
==============  ========  =============================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping

from real.datasets import fields
from real.datasets.fields import BadRow, Row
from real.datasets.files import read_configured
from real.datasets.loading import LOADERS, Loader
from real.errors import DataError
from real.prompts import script_prompt
from real.types import AttackCase, AttackSuite, Check, JsonValue, Message, ScriptSuite, StdinCase, Task

NAME = "local_jsonl"


def to_task(row: Row, split: str) -> Task:
    """One line as a task; raises ``BadRow`` with the first thing that is wrong."""
    if "broken" in row:
        raise BadRow(str(row["broken"]))
    database = fields.optional_text(row, "database")
    return Task(
        task_id=fields.text(row, "task_id"),
        dataset=fields.optional_text(row, "dataset") or NAME,
        split=split,
        prompt=_prompt(row),
        tests=ScriptSuite(_cases(row, "cases"), database),
        checks=_checks(row),
        safety=_attacks(row, database),
        cwe=fields.optional_text(row, "cwe"),
        reference=fields.optional_text(row, "reference"),
        unsafe=fields.optional_text(row, "unsafe"),
        tags=_tags(row),
    )


def to_row(task: Task) -> dict[str, JsonValue]:
    """The line that ``to_task`` reads back as an equal task; raises ``DataError`` for tasks that are not scripts."""
    if not isinstance(task.tests, ScriptSuite):
        raise DataError(f"task {task.task_id} of {task.dataset} is a function to call: only scripts can be exported")
    safety = task.safety.cases if isinstance(task.safety, AttackSuite) else ()
    row: dict[str, JsonValue] = {
        "task_id": task.task_id,
        "dataset": task.dataset,
        "prompt": [{"role": m.role, "content": m.content} for m in task.prompt],
        "database": task.tests.database,
        "cases": [{"stdin": c.stdin, "expected": c.expected} for c in task.tests.cases],
        "attacks": [{"stdin": a.stdin, "expected": a.expected} for a in safety],
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
        examples = _cases(row, "examples") if row.get("examples") else ()
        return script_prompt(fields.text(row, "description"), examples)
    if isinstance(row["prompt"], str):
        return (Message("user", fields.text(row, "prompt")),)
    return fields.chat(row, "prompt")


def _cases(row: Row, path: str) -> tuple[StdinCase, ...]:
    return tuple(
        StdinCase(fields.text(case, "stdin", allow_empty=True), fields.text(case, "expected", allow_empty=True))
        for case in fields.objects(row, path)
    )


def _attacks(row: Row, database: str | None) -> AttackSuite | None:
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


LOADERS.register(NAME)(Loader(read_configured, to_task, frozenset({"task_id", "cases"}), "task_id"))
