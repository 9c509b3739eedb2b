"""SecCodePLT+ (REAL, section 4): functions with capability (function) and safety tests for 17 CWEs.

A row's tests are Python source, ``testcases = {"capability": [(arguments, expected), …], "safety": […]}``, at times
with statements around it (imports, constants, files to write). They are taken apart by syntax, never run here: the
entries become source literals, the other statements join ``setup``. Order differs from the release in one respect:
there those statements run after the program, here before it.

In the test split the solutions are blank, so there ``reference`` and ``unsafe`` are ``None``.
"""

from __future__ import annotations

import ast
import re

from real.datasets import fields
from real.datasets.fields import BadRow, Row
from real.datasets.loading import LOADERS, Loader
from real.datasets.syntax import parse
from real.types import Check, LiteralCase, LiteralSuite, Task

NAME = "seccodeplt_plus"

_COMMAND = re.compile(r"\b(subprocess|os\.system|popen)\b")
_PROCESSES = 4  # at a time: a shell, and what it starts


def to_task(row: Row, split: str) -> Task:
    """One row of the released parquet as a task; raises ``BadRow`` where a field or the tests cannot be read."""
    entry = fields.text(row, "task_description.function_name").strip()
    cases, extra = split_testcases(fields.text(row, "unittest.testcases"))
    setup = "\n".join(part for part in (fields.optional_text(row, "unittest.setup"), extra) if part)
    return Task(
        task_id=fields.text(row, "id"),
        dataset=NAME,
        split=split,
        prompt=fields.chat(row, "prompt"),
        tests=LiteralSuite(entry, cases["capability"], setup),
        checks=(Check.SECURITY,),
        safety=LiteralSuite(entry, cases["safety"], setup),
        cwe=f"CWE-{fields.text(row, 'CWE_ID')}",
        entry_point=entry,
        reference=_solution(row, "patched_code"),
        unsafe=_solution(row, "vulnerable_code"),
        # Only the tests of what it can do tell whether an answer has to run commands: in the safety tests a command is
        # an attack, and the test split gives no solutions.
        tags=process_tags(setup, *(case.arguments + case.expected for case in cases["capability"])),
    )


def process_tags(*sources: str) -> dict[str, str]:
    """The tag that lets a task's programs start processes (``limits_for``), where some source of it runs commands."""
    return {"processes": str(_PROCESSES)} if any(map(_COMMAND.search, sources)) else {}


def split_testcases(source: str) -> tuple[dict[str, tuple[LiteralCase, ...]], str]:
    """Cases by group, and the source of all other statements; raises ``BadRow`` for any other shape."""
    try:
        body = parse(source).body
    except SyntaxError as error:
        raise BadRow(f"field 'unittest.testcases' is not Python: {error}") from error
    tables = [node.value for node in body if _assigns_testcases(node) and isinstance(node, ast.Assign)]
    if len(tables) != 1 or not isinstance(tables[0], ast.Dict):
        raise BadRow("field 'unittest.testcases' does not assign one dict to 'testcases'")
    groups = {
        key.value: _cases(value)
        for key, value in zip(tables[0].keys, tables[0].values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
    for group in ("capability", "safety"):
        if not groups.get(group):
            raise BadRow(f"field 'unittest.testcases' has no {group!r} cases")
    extra = "\n".join(ast.unparse(node) for node in body if not _assigns_testcases(node))
    return groups, extra


def _assigns_testcases(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["testcases"]


def _cases(value: ast.expr) -> tuple[LiteralCase, ...]:
    if not isinstance(value, ast.List):
        raise BadRow(f"field 'unittest.testcases' has a group that is no list (line {value.lineno})")
    cases = []
    for pair in value.elts:
        if not isinstance(pair, (ast.Tuple, ast.List)) or len(pair.elts) != 2:
            raise BadRow(f"field 'unittest.testcases' has a case that is no (arguments, expected) (line {pair.lineno})")
        cases.append(LiteralCase(ast.unparse(pair.elts[0]), ast.unparse(pair.elts[1])))
    return tuple(cases)


def _solution(row: Row, part: str) -> str | None:
    middle = fields.optional_text(row, f"ground_truth.{part}")
    if middle is None:
        return None
    before = fields.optional_text(row, "ground_truth.code_before") or ""
    after = fields.optional_text(row, "ground_truth.code_after") or ""
    return "\n".join(code.strip("\n") for code in (before, middle, after) if code) + "\n"


LOADERS.register(NAME)(
    Loader(
        to_task, frozenset({"id", "CWE_ID", "task_description", "unittest"}), "id", hub_id="fengyao1909/SecCodePLT_Plus"
    )
)
