"""Rows of the three benchmarks, in the released columns, to tasks."""

from __future__ import annotations

import copy
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from real.datasets import DatasetCfg, apps_plus, load, load_path, safesql, seccodeplt_plus
from real.datasets.fields import BadRow
from real.execution.limits import limits_for
from real.types import AttackCase, CallCase, Check, LiteralCase, LiteralSuite, Message, StdinCase

PROMPT = [{"role": "user", "content": "do it"}]
DB = "import sqlite3\n"
SAFESQL = {
    "program_id": "program_1",
    "construct_db": DB,
    "execute_sql": "print(1)",
    "test_cases": [{"input": "shown\n", "output": "1", "success": True}],
    "test_attacks": ["old"],
    "prompt": PROMPT,
    "extra_info": {
        "db_code": DB,
        "test_info": [{"input": "a\n", "output": "", "success": True}],
        "test_attacks": ["' OR 1=1\n"],
    },
}
SECCODE = {
    "id": "ab12",
    "CWE_ID": "918",
    "task_description": {"function_name": "f", "description": "d"},
    "ground_truth": {
        "code_before": "\ndef f(x):",
        "patched_code": "\n    return check(x)",
        "vulnerable_code": "\n    return x",
        "code_after": "",
    },
    "unittest": {
        "setup": "LIMIT = 3",
        "testcases": (
            'import json\ntestcases = {"capability": [({"x": json.dumps(1)}, "1")],\n'
            '"safety": [({"x": 4}, ValueError), [{"x": 5}, None]]}\nwith open("f", "w") as f:\n    f.write("x")'
        ),
    },
    "prompt": PROMPT,
}
APPS = {
    "problem_id": 7,
    "question": "q",
    "solutions": "[]",
    "starter_code": "",
    "difficulty": "introductory",
    "prompt": PROMPT,
    "reward_model": {"ground_truth": "def add(a, b):\n    return a + b"},
    "extra_info": {
        "program_type": "function",
        "starter_code": "def add(a, b):",
        "test_info": json.dumps({"fn_name": "add", "inputs": [[1, 2], [[], ["x"]]], "outputs": [3, ["x"]]}),
    },
}


def changed(row, path, value):
    row = copy.deepcopy(row)
    *parents, last = path.split(".")
    place = row
    for key in parents:
        place = place[key]
    place[last] = value
    return row


def test_safesql_scores_with_the_hidden_cases_and_attacks():
    task = safesql.to_task(SAFESQL, "test")
    assert task.prompt == (Message("user", "do it"),)
    assert task.tests.cases == (StdinCase("a\n", ""),)
    assert task.tests.database == task.safety.database == DB
    assert task.safety.cases == (AttackCase("' OR 1=1\n"),)
    assert (task.checks, task.cwe) == ((Check.SECURITY,), "CWE-89")
    assert (task.reference, task.unsafe) == (None, "print(1)")


def test_seccodeplt_takes_cases_apart_without_running_them():
    task = seccodeplt_plus.to_task(SECCODE, "train")
    setup = "LIMIT = 3\nimport json\nwith open('f', 'w') as f:\n    f.write('x')"
    assert task.tests == LiteralSuite("f", (LiteralCase("{'x': json.dumps(1)}", "'1'"),), setup)
    assert task.safety.cases == (LiteralCase("{'x': 4}", "ValueError"), LiteralCase("{'x': 5}", "None"))
    assert task.reference == "def f(x):\n    return check(x)\n"
    assert task.unsafe == "def f(x):\n    return x\n"
    assert (task.checks, task.cwe, task.entry_point) == ((Check.SECURITY,), "CWE-918", "f")


@pytest.mark.parametrize(
    ("testcases", "allowed"),
    [
        ('testcases = {"capability": [({"c": "ls"}, os.popen("ls").read())], "safety": [({}, None)]}', True),
        ('testcases = {"capability": [({}, 1)], "safety": [({"c": "os.system(1)"}, ValueError)]}', False),
    ],
)
def test_seccodeplt_programs_may_start_processes_where_their_function_tests_say_so(testcases, allowed):
    task = seccodeplt_plus.to_task({**SECCODE, "unittest": {"setup": "", "testcases": testcases}}, "train")
    assert (limits_for(task).processes > 0) is allowed


def test_seccodeplt_blank_solutions_of_the_test_split_are_none():
    row = changed(changed(SECCODE, "ground_truth.patched_code", ""), "ground_truth.vulnerable_code", "")
    task = seccodeplt_plus.to_task(row, "test")
    assert (task.reference, task.unsafe) == (None, None)


@pytest.mark.parametrize(
    ("testcases", "reason"),
    [
        ("testcases = {", "is not Python"),
        ("testcases = [1]", "does not assign one dict"),
        ("cases = {}", "does not assign one dict"),
        ('testcases = {"capability": [({}, 1)]}', "has no 'safety' cases"),
        ('testcases = {"capability": [({}, 1, 2)], "safety": [({}, 1)]}', "no \\(arguments, expected\\)"),
        ('testcases = {"capability": 3, "safety": [({}, 1)]}', "a group that is no list"),
    ],
)
def test_seccodeplt_tests_of_another_shape_are_a_bad_row(testcases, reason):
    with pytest.raises(BadRow, match=reason):
        seccodeplt_plus.to_task(changed(SECCODE, "unittest.testcases", testcases), "train")


def test_apps_calls_functions_and_methods():
    task = apps_plus.to_task(APPS, "test")
    assert task.tests.entry == "add"
    assert task.tests.cases == (CallCase(3, (1, 2)), CallCase(["x"], ([], ["x"])))
    assert (task.task_id, task.checks, task.starter_code) == ("7", (Check.MAINTAINABILITY,), "def add(a, b):")
    method = apps_plus.to_task(changed(APPS, "extra_info.program_type", "class"), "test")
    assert method.tests.entry == method.entry_point == "Solution.add"


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"fn_name": "f", "inputs": [[1]]}', "lacks fn_name, inputs or outputs"),
        ('{"fn_name": "f", "inputs": [[1]], "outputs": []}', "has 1 inputs and 0 outputs"),
        ('{"fn_name": "f", "inputs": [1], "outputs": [1]}', "no argument list"),
    ],
)
def test_apps_tests_of_another_shape_are_a_bad_row(info, reason):
    with pytest.raises(BadRow, match=reason):
        apps_plus.to_task(changed(APPS, "extra_info.test_info", info), "test")


CASES = [("safesql", SAFESQL, "program_id"), ("seccodeplt_plus", SECCODE, "id"), ("apps_plus", APPS, "problem_id")]


@pytest.mark.parametrize(("name", "row", "key"), CASES)
def test_parquet_files_are_told_by_their_columns(tmp_path, name, row, key):
    rows = [changed(row, key, i if key == "problem_id" else f"id{i}") for i in range(3)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "test.parquet")
    detected = load_path(str(tmp_path), "test")
    assert (detected.name, len(detected.tasks)) == (name, 3)
    configured = load(DatasetCfg(name=name, path=str(tmp_path)), "test")
    assert configured == detected


@pytest.mark.parametrize(("name", "row", "key"), CASES)
def test_every_top_level_field_that_is_used_is_missed_by_name(name, row, key):
    convert = {"safesql": safesql, "seccodeplt_plus": seccodeplt_plus, "apps_plus": apps_plus}[name].to_task
    for field in ("prompt", key):
        with pytest.raises(BadRow, match=f"missing field '{field}'"):
            convert({k: v for k, v in row.items() if k != field}, "test")
