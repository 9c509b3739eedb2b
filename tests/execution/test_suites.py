"""Each kind of suite: what passes, what does not, and what is shared between cases."""

from __future__ import annotations

import pytest

from real.errors import UsageError
from real.execution import Pool, fixtures
from real.execution.jail.isolation import CaseLimits
from real.types import (
    AttackCase,
    AttackSuite,
    CallCase,
    CallSuite,
    ExecutionRequest,
    Limits,
    LiteralCase,
    LiteralSuite,
    ScriptSuite,
    StdinCase,
    Suite,
)

DATABASE = """
import sqlite3
connection = sqlite3.connect("shop.db")
connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, secret TEXT)")
connection.executemany("INSERT INTO users VALUES (?, ?, ?)", [(1, "anna", "tulip"), (2, "bert", "orchid")])
connection.commit()
connection.close()
"""
SAFE = """
import sqlite3
rows = sqlite3.connect("shop.db").execute("SELECT secret FROM users WHERE name = ?", (input("Name: "),))
for row in rows:
    print(row[0])
"""
INJECTABLE = """
import sqlite3
connection = sqlite3.connect("shop.db")
for row in connection.execute(f"SELECT secret FROM users WHERE name = '{input('Name: ')}'"):
    print(row[0])
"""
SCRIPTED = """
import sqlite3
connection = sqlite3.connect("shop.db")
connection.executescript(f"SELECT secret FROM users WHERE name = '{input()}'")
connection.commit()
"""


def statuses(pool: Pool, code: str, suite: Suite, protocol: str = "strict") -> list[str]:
    (result,) = pool.run([ExecutionRequest("job", code, suite)], protocol)
    assert len(result.outcomes) == len(suite.cases)
    return [outcome.status.value for outcome in result.outcomes]


def test_database_is_fresh_for_every_case(any_pool: Pool) -> None:
    program = """
import os, sqlite3
connection = sqlite3.connect("shop.db")
connection.execute("INSERT INTO users (name) VALUES ('new')")
connection.commit()
print(os.listdir("."), connection.execute("SELECT count(*) FROM users").fetchone()[0])
open("left-behind", "w").close()
"""
    suite = ScriptSuite((StdinCase("", "['shop.db'] 3\n"),) * 3, DATABASE)
    assert statuses(any_pool, program, suite) == ["pass"] * 3


def test_query_program(any_pool: Pool) -> None:
    cases = (StdinCase("anna\n", "tulip\n"), StdinCase("nobody\n", ""), StdinCase("bert\n", "wrong"))
    assert statuses(any_pool, SAFE, ScriptSuite(cases, DATABASE)) == ["pass", "pass", "wrong"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise SystemExit(1)", "exit code 1"),
        ("x = 1", "left no file"),
        ("import", "does not compile"),
        ("1/0", "ZeroDivisionError"),
    ],
)
def test_broken_database_script_is_not_the_programs_fault(pool: Pool, script: str, reason: str) -> None:
    (result,) = pool.run([ExecutionRequest("job", SAFE, ScriptSuite((StdinCase("", ""), StdinCase("", "")), script))])
    assert [outcome.status.value for outcome in result.outcomes] == ["infra_error"] * 2
    assert reason in result.outcomes[0].detail


def test_protocols_differ_in_what_they_ignore(pool: Pool) -> None:
    suite = ScriptSuite((StdinCase("", "1 2\n"),))
    assert statuses(pool, "print('1 2  ')\nprint()", suite) == ["pass"]
    assert statuses(pool, "print('12')", suite) == ["wrong"]
    assert statuses(pool, "print('12')  # input('')", suite, "paper") == ["pass"]
    with pytest.raises(UsageError, match="unknown protocol"):
        pool.run([], "loose")


CALLS = [
    ("def f(x): return x * 2", "f", CallCase(4, (2,)), "pass"),
    ("def f(x): return x * 2", "f", CallCase(5, (2,)), "wrong"),
    ("def f(x, y=1): return [x, y]", "f", CallCase([1, 7], (1,), {"y": 7}), "pass"),
    ("def f(x): return (x, (x,))", "f", CallCase([1, [1]], (1,)), "pass"),
    ("def f(): return 0.1 + 0.2", "f", CallCase(0.3), "pass"),
    ("def f(): return 2", "f", CallCase(2.0), "pass"),
    ("def f(): return True", "f", CallCase(1), "wrong"),
    ("def f(): return 1", "f", CallCase(True), "wrong"),
    ("def f(): return float('nan')", "f", CallCase(0.0), "wrong"),
    ("def f(): return {1: 'a'}", "f", CallCase({"1": "a"}), "pass"),
    ("def f(): return {'a': [None]}", "f", CallCase({"a": [None]}), "pass"),
    ("from collections import defaultdict\ndef f(): return defaultdict(int, a=1)", "f", CallCase({"a": 1}), "pass"),
    ("def f(): return {1, 2}", "f", CallCase([1, 2]), "wrong"),
    ("def f(): return 10 ** 5000", "f", CallCase(10**5000), "pass"),
    ("class Solution:\n    def solve(self, x): return x", "Solution.solve", CallCase([1], ([1],)), "pass"),
    ("n = 0\ndef f():\n    global n; n += 1; return n", "f", CallCase(1), "pass"),
    ("def f(): print('noise'); return 1", "f", CallCase(1), "pass"),
    ("if __name__ == '__main__': input()\ndef f(): return 1", "f", CallCase(1), "pass"),
    (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\ndef f(): return A(1).x",
        "f",
        CallCase(1),
        "pass",
    ),
    ("def f(): raise KeyError('x')", "f", CallCase(1), "error"),
    ("def g(): pass", "f", CallCase(None), "error"),
    ("def f(): return bytearray(1 << 40)", "f", CallCase(1), "memory"),
    ("1 / 0", "f", CallCase(1), "error"),
    ("import sys\nsys.exit(0)\ndef f(): return 1", "f", CallCase(1), "error"),
    ("def f(): return f", "f", CallCase(None), "wrong"),
    ("def f():\n    a = []\n    a.append(a)\n    return a", "f", CallCase([]), "error"),
]


@pytest.mark.parametrize(("code", "entry", "case", "status"), CALLS, ids=range(len(CALLS)))
def test_calls(pool: Pool, code: str, entry: str, case: CallCase, status: str) -> None:
    assert statuses(pool, code, CallSuite(entry, (case, case))) == [status] * 2


def test_literals_share_state_in_order(any_pool: Pool) -> None:
    setup = "LIMIT = 2\ncalls = []"
    program = """
def admit(user):
    calls.append(user)
    if len(calls) > LIMIT:
        raise PermissionError(user)
    return len(calls)
"""
    cases = (
        LiteralCase("{'user': 'a'}", "1"),
        LiteralCase("('b',)", "LIMIT"),
        LiteralCase("{'user': 'c'}", "PermissionError"),
        LiteralCase("{'user': 'c'}", "OSError"),  # a base class is not the exact type
        LiteralCase("{'user': 'd'}", "4"),
    )
    assert statuses(any_pool, program, LiteralSuite("admit", cases, setup)) == [
        "pass",
        "pass",
        "pass",
        "wrong",
        "error",
    ]


def test_a_hanging_literal_case_loses_no_other(any_pool: Pool) -> None:
    program = "import os\ndef f(x):\n    while x == 1: pass\n    if x == 3: os._exit(0)\n    return x"
    cases = tuple(LiteralCase(f"({n},)", f"{n}") for n in range(5))
    (result,) = any_pool.run([ExecutionRequest("job", program, LiteralSuite("f", cases), Limits(cpu_s=0.3))])
    assert [outcome.status for outcome in result.outcomes] == ["pass", "timeout", "pass", "error", "pass"]


def test_literals_know_exceptions_of_the_program_and_values_by_repr(pool: Pool) -> None:
    program = """
import datetime
class Denied(Exception): pass
def f(x):
    if x: raise Denied
    return datetime.date(2020, 1, 2)
"""
    cases = (
        LiteralCase("(1,)", "Denied"),
        LiteralCase("(0,)", "datetime.date(2020, 1, 2)"),
        LiteralCase("(0,)", "Denied"),
    )
    assert statuses(pool, program, LiteralSuite("f", cases, "import datetime")) == ["pass", "pass", "wrong"]


def test_expected_values_are_evaluated_without_the_program(pool: Pool) -> None:
    program = "import hashlib\nhashlib.sha256 = lambda data: None\ndef f(x): return 'forged'"
    cases = (LiteralCase("('a',)", "hashlib.sha256(b'a').hexdigest()"),)
    assert statuses(pool, program, LiteralSuite("f", cases, "import hashlib")) == ["wrong"]


def test_an_expected_value_that_cannot_be_had_is_not_the_programs_fault(pool: Pool) -> None:
    suite = LiteralSuite("f", (LiteralCase("()", "1 / 0"),))
    assert statuses(pool, "def f(): return 1", suite) == ["infra_error"]


def test_attacks(any_pool: Pool) -> None:
    cases = (
        AttackCase("' OR '1'='1\n"),
        AttackCase("anna\n", "tulip\n"),
        AttackCase("'; DELETE FROM users; --\n"),
        AttackCase("' UNION SELECT name || secret FROM users --\n", ""),
    )
    suite = AttackSuite(cases, DATABASE)
    assert statuses(any_pool, SAFE, suite) == ["pass"] * 4
    assert statuses(any_pool, INJECTABLE, suite) == ["wrong", "pass", "pass", "wrong"]
    assert statuses(any_pool, SCRIPTED, suite)[2] == "wrong"


def test_attack_details_name_the_leak_and_the_change(pool: Pool) -> None:
    suite = AttackSuite((AttackCase("' OR name = 'bert\n"), AttackCase("'; DROP TABLE users; --\n")), DATABASE)
    (leak, change) = pool.run(
        [ExecutionRequest("leak", INJECTABLE, suite), ExecutionRequest("change", SCRIPTED, suite)]
    )
    assert "orchid" in leak.outcomes[0].detail
    assert "changed" in change.outcomes[1].detail


@pytest.mark.parametrize(
    "damage",
    [
        "import os; os.unlink('shop.db')",
        "open('shop.db', 'wb').write(b'garbage')",
        "import os; os.unlink('shop.db'); os.mkfifo('shop.db')",
        "import os; os.unlink('shop.db'); os.symlink('/dev/zero', 'shop.db')",
        "import sqlite3; c = sqlite3.connect('shop.db'); c.execute('CREATE VIEW v AS SELECT 1'); c.commit()",
        "import os, sqlite3\nsqlite3.connect('shop.db', isolation_level=None).execute('DROP TABLE users'); os._exit(0)",
    ],
)
def test_every_damage_to_the_database_is_seen(any_pool: Pool, damage: str) -> None:
    assert statuses(any_pool, damage, AttackSuite((AttackCase("x"),), DATABASE)) == ["wrong"]


def test_an_uncommitted_change_is_none(pool: Pool) -> None:
    program = "import os, sqlite3\nc = sqlite3.connect('shop.db')\nc.execute('DELETE FROM users')\nos._exit(0)"
    assert statuses(pool, program, AttackSuite((AttackCase("x"),), DATABASE)) == ["pass"]


def test_stored_data_in_a_prompt_is_a_leak(pool: Pool) -> None:
    told = "import sqlite3\nc = sqlite3.connect('shop.db')\nname = input()\n"
    suite = AttackSuite((AttackCase("' OR '1'='1\nx\n"),), DATABASE)
    query = "rows = c.execute(f\"SELECT secret FROM users WHERE name = '{name}'\").fetchall()\n"
    assert statuses(pool, told + query + "input(f'Which of {rows}? ')", suite) == ["wrong"]
    assert statuses(pool, told + "input('A name, such as bert: ')\nprint('no')", suite) == ["pass"]


def test_an_attack_run_of_many_cases_ends_with_a_verdict_on_each(any_pool: Pool) -> None:
    suite = AttackSuite(
        tuple(AttackCase(f"'; DELETE FROM users WHERE id > {n}; --\n") for n in range(-80, 0)), DATABASE
    )
    assert statuses(any_pool, SCRIPTED, suite) == ["wrong"] * 80


def test_input_larger_than_a_file_may_be(any_pool: Pool) -> None:
    text = "x" * (3 << 20)
    program = "print(len(input()))"
    (result,) = any_pool.run(
        [ExecutionRequest("job", program, ScriptSuite((StdinCase(text, str(len(text))),)), Limits(file_mb=1))]
    )
    assert result.outcomes[0].status == "pass", result


def test_a_database_script_that_hangs_is_not_the_programs_fault(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixtures, "_LIMITS", CaseLimits(0.5, 256, 64, 16, 0))
    assert statuses(pool, SAFE, ScriptSuite((StdinCase("", ""),), "while True: pass")) == ["infra_error"]
