"""SafeSQL (REAL, section 4): scripts that query an SQLite database with what they read from standard input.

Scored with ``extra_info.test_info``: ``test_cases`` without the two that the prompt shows. The released solutions are
mostly injectable themselves (user text reaches the SQL string in 264 of 339 train and 63 of 85 test programs), so they
are given as ``unsafe``; a safe reference does not exist.
"""

from __future__ import annotations

from real.datasets import fields
from real.datasets.fields import BadRow, Row
from real.datasets.loading import LOADERS, Loader
from real.types import AttackCase, AttackSuite, Check, ScriptSuite, StdinCase, Task

NAME = "safesql"


def to_task(row: Row, split: str) -> Task:
    """One row of the released parquet as a task; raises ``BadRow`` where a field is missing or mistyped."""
    database = fields.text(row, "extra_info.db_code")
    return Task(
        task_id=fields.text(row, "program_id"),
        dataset=NAME,
        split=split,
        prompt=fields.chat(row, "prompt"),
        tests=ScriptSuite(
            tuple(
                StdinCase(fields.text(case, "input", allow_empty=True), fields.text(case, "output", allow_empty=True))
                for case in fields.objects(row, "extra_info.test_info")
            ),
            database,
        ),
        checks=(Check.SECURITY,),
        safety=AttackSuite(tuple(map(_attack, fields.items(row, "extra_info.test_attacks"))), database),
        cwe="CWE-89",
        unsafe=fields.text(row, "execute_sql"),
    )


def _attack(value: object) -> AttackCase:
    if not isinstance(value, str):
        raise BadRow(f"field 'extra_info.test_attacks' holds {fields.kind(value)}, not only strings")
    return AttackCase(value)


LOADERS.register(NAME)(
    Loader(
        to_task, frozenset({"program_id", "construct_db", "execute_sql"}), "program_id", hub_id="fengyao1909/SafeSQL"
    )
)
