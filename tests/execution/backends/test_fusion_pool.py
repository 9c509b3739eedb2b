"""Programs on a SandboxFusion server: the verdicts of the local pool, and nothing of what is expected leaves."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator

import pytest
from fusion_stub import FusionStub

from real.datasets import load
from real.datasets.config import DatasetCfg
from real.execution import Pool
from real.execution.backends import fusion_request
from real.execution.backends.fusion_pool import FusionPool
from real.execution.backends.fusion_request import Exchange
from real.execution.config import BackendName, ExecutionCfg, Isolation
from real.execution.jail.isolation import CaseLimits
from real.execution.jail.worker_request import WorkerRequest
from real.judge import Judge, JudgeCfg
from real.types import (
    AttackCase,
    AttackSuite,
    CallCase,
    CallSuite,
    Completion,
    ExecutionRequest,
    Limits,
    LiteralCase,
    LiteralSuite,
    OutcomeStatus,
    ScriptSuite,
    StdinCase,
    Suite,
)

QUICK = Limits(cpu_s=0.5, memory_mb=128, output_kb=256)
DATABASE = """
import sqlite3
connection = sqlite3.connect("shop.db")
connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, secret TEXT)")
connection.executemany("INSERT INTO users VALUES (?, ?, ?)", [(1, "anna", "tulip"), (2, "bert", "orchid")])
connection.commit()
"""
SAFE = """
import sqlite3
for row in sqlite3.connect("shop.db").execute("SELECT secret FROM users WHERE name = ?", (input("Name: "),)):
    print(row[0])
"""
INJECTABLE = """
import sqlite3
for row in sqlite3.connect("shop.db").execute(f"SELECT secret FROM users WHERE name = '{input('Name: ')}'"):
    print(row[0])
"""
SCRIPTED = """
import sqlite3
sqlite3.connect("shop.db").executescript(f"SELECT secret FROM users WHERE name = '{input()}'")
"""


@pytest.fixture(scope="module")
def stub() -> Iterator[FusionStub]:
    with FusionStub() as server:
        yield server


@pytest.fixture(scope="module")
def fusion(stub: FusionStub) -> Iterator[FusionPool]:
    with FusionPool(stub.url, 2, backoff_s=0.01, slack_s=20) as pool:
        yield pool


def statuses(pool: FusionPool | Pool, code: str, suite: Suite, limits: Limits = QUICK) -> list[str]:
    (result,) = pool.run([ExecutionRequest("job", code, suite, limits)])
    assert result.isolation == pool.isolation
    assert len(result.outcomes) == len(suite.cases)
    return [outcome.status.value for outcome in result.outcomes]


def script(stdin: str, expected: str, database: str | None = None) -> ScriptSuite:
    return ScriptSuite((StdinCase(stdin, expected),), database)


def literal(*cases: tuple[str, str], setup: str = "") -> LiteralSuite:
    return LiteralSuite("f", tuple(LiteralCase(*case) for case in cases), setup)


CASES = (StdinCase("anna\n", "tulip\n"), StdinCase("nobody\n", ""), StdinCase("bert\n", "wrong"))
ATTACKS = (
    AttackCase("' OR '1'='1\n"),
    AttackCase("anna\n", "tulip\n"),
    AttackCase("'; DELETE FROM users; --\n"),
    AttackCase("' UNION SELECT name || secret FROM users --\n", ""),
)
SAME: dict[str, tuple[str, Suite]] = {
    "a prompt is not output": ("print(input('Name: '))", script("Ärger\nmore", "Ärger")),
    "standard input can be sought": (
        "import sys; sys.stdin.read(); sys.stdin.seek(0); print(input())",
        script("a", "a"),
    ),
    "wrong": ("print(1)", script("", "2")),
    "raises": ("1 / 0", script("", "")),
    "exit code": ("import sys; sys.exit(3)", script("", "")),
    "main block": ("if __name__ == '__main__': print(__name__)", script("", "__main__")),
    "exit function": ("import atexit; atexit.register(print, 'x')", script("", "x")),
    "crash": ("import ctypes; ctypes.string_at(0)", script("", "")),
    "loop": ("while True: pass", script("", "")),
    "memory": ("bytearray(1 << 40)", script("", "")),
    "syntax error": ("print('right'", script("", "right")),
    "NUL byte": ("print(1)\0", script("", "1")),
    "lone surrogate": ("print('\ud800')", script("", "")),
    "lone surrogate on standard input": ("print(len(input()))", script("\udc80", "1")),
    "invalid UTF-8": ("import os; os.write(1, b'\\xff')", script("", "")),
    "hash order": ("print(sorted({'a', 'b'}) == ['a', 'b'], hash('x'))", script("", "True")),
    "random": ("import random; print(random.random())", script("", "0.8444218515250481")),
    "large output": ("print('x' * 150_000)", script("", "x" * 150_000)),
    "too large output": ("while True: print('x' * 1000)", script("", "")),
    "an empty folder": ("import os; print(os.listdir('.'))", script("", "[]")),
    "a fresh database": (
        "import os, sqlite3\nc = sqlite3.connect('shop.db')\nc.execute('DELETE FROM users')\nc.commit()\n"
        "print(os.listdir('.'))",
        ScriptSuite((StdinCase("", "['shop.db']"),) * 2, DATABASE),
    ),
    "a query": (SAFE, ScriptSuite(CASES, DATABASE)),
    "a call": ("def f(x): return {1: (x, 2.5)}", CallSuite("f", (CallCase({"1": [3, 2.5]}, (3,)),))),
    "calls share nothing": (
        "seen = []\ndef f(x): seen.append(x); return seen",
        CallSuite("f", tuple(CallCase([n], (n,)) for n in range(2))),
    ),
    "a method": ("class S:\n    def f(self, *, x): return x", CallSuite("S.f", (CallCase(7, (), {"x": 7}),))),
    "names of the usual import header": (
        "def f(x: List[int]): return math.prod(x)",
        CallSuite("f", (CallCase(6, ([2, 3],)),), prelude=True),
    ),
    "no such function": ("def g(): pass", CallSuite("f", (CallCase(None),))),
    "a call that returns a strange value": ("def f(): return object()", CallSuite("f", (CallCase(None),))),
    "literals in order, through a hang": (
        "def f(x):\n    while x == 2: pass\n    seen.append(x)\n    return seen",
        literal(("(1,)", "[1]"), ("(2,)", "0"), ("{'x': 3}", "[3]"), ("(4,)", "[3, 4]"), setup="seen = []"),
    ),
    "exceptions by exact type": (
        "class Own(ValueError): pass\ndef f(x): raise {1: ValueError, 2: Own, 3: KeyError}[x]",
        literal(("(1,)", "ValueError"), ("(2,)", "ValueError"), ("(2,)", "Own"), ("(3,)", "ValueError")),
    ),
    "expected values that are calls": (
        "import hashlib\ndef f(x): return hashlib.sha256(x).digest()",
        literal(("(b'a',)", "hashlib.sha256(b'a').digest()"), setup="import hashlib"),
    ),
    "a program that ends its process": ("import os\ndef f(x): os._exit(0)", literal(("(1,)", "1"), ("(2,)", "2"))),
    "attacks on a safe program": (SAFE, AttackSuite(ATTACKS, DATABASE)),
    "attacks that leak": (INJECTABLE, AttackSuite(ATTACKS, DATABASE)),
    "attacks that change": (SCRIPTED, AttackSuite(ATTACKS, DATABASE)),
    **{
        name: (code, AttackSuite((AttackCase("x"),), DATABASE))
        for name, code in {
            "the database removed": "import os; os.unlink('shop.db')",
            "garbage in its place": "open('shop.db', 'wb').write(b'garbage')",
            "a pipe in its place": "import os; os.unlink('shop.db'); os.mkfifo('shop.db')",
            "a link in its place": "import os; os.unlink('shop.db'); os.symlink('/dev/zero', 'shop.db')",
            "a view": "import sqlite3; sqlite3.connect('shop.db').executescript('CREATE VIEW v AS SELECT 1')",
            "a change taken back by a crash": "import os, sqlite3\nc = sqlite3.connect('shop.db')\n"
            "c.execute('PRAGMA cache_size = 1')\nc.execute('DELETE FROM users')\nos._exit(0)",
            "another file": "open('notes', 'w').write('x')",
            "rewritten as it was": "data = open('shop.db', 'rb').read(); open('shop.db', 'wb').write(data)",
            "vacuumed": "import sqlite3; sqlite3.connect('shop.db').execute('VACUUM')",
        }.items()
    },
}


@pytest.mark.parametrize("name", SAME)
def test_the_verdicts_are_those_of_the_local_pool(fusion: FusionPool, pool: Pool, name: str) -> None:
    code, suite = SAME[name]
    assert statuses(fusion, code, suite) == statuses(pool, code, suite)


def test_a_program_that_fails_to_load_fails_every_case(fusion: FusionPool) -> None:
    (result,) = fusion.run([ExecutionRequest("job", "1 / 0", literal(("(1,)", "1"), ("(2,)", "2")))])
    assert [outcome.status for outcome in result.outcomes] == [OutcomeStatus.ERROR] * 2
    assert "ZeroDivisionError" in result.outcomes[1].detail


def test_order_counts_and_requests_at_a_time(stub: FusionStub, fusion: FusionPool) -> None:
    jobs = [
        ExecutionRequest(str(n), "print(input())", ScriptSuite((StdinCase(f"{n}", f"{n}"),) * (n % 3)))
        for n in range(12)
    ]
    results = fusion.run(jobs)
    assert [result.request_id for result in results] == [job.request_id for job in jobs]
    assert [len(result.outcomes) for result in results] == [n % 3 for n in range(12)]
    assert {outcome.status for result in results for outcome in result.outcomes} == {OutcomeStatus.PASS}
    assert stub.most_at_once == 2


@pytest.mark.parametrize("code", ["print('A b')", "print(input('Name: ').upper())", "p = 'x'\nprint(input(p))"])
def test_the_paper_protocol(fusion: FusionPool, pool: Pool, code: str) -> None:
    job = ExecutionRequest("job", code, script("ab", "Name: ab"))
    (here,), (there,) = pool.run([job], "paper"), fusion.run([job], "paper")
    assert there.outcomes[0].status is here.outcomes[0].status
    assert there.outcomes[0].detail == here.outcomes[0].detail


def test_cpu_seconds_are_reported(fusion: FusionPool) -> None:
    program = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
    (result,) = fusion.run([ExecutionRequest("job", program, script("", ""), Limits(cpu_s=2))])
    assert 0.1 < result.outcomes[0].seconds < 1


def test_signals_reported_through_a_shell_mean_the_same(stub: FusionStub, fusion: FusionPool) -> None:
    stub.through_a_shell = True
    try:
        assert statuses(fusion, "while True: pass", script("", "")) == ["timeout"]
        assert statuses(fusion, "import os; os.kill(os.getpid(), 9)", script("", "")) == ["memory"]
        assert statuses(fusion, "import sys; sys.exit(1)", script("", "")) == ["error"]
    finally:
        stub.through_a_shell = False


def test_output_that_the_server_drops_is_not_missed(stub: FusionStub, fusion: FusionPool) -> None:
    stub.drops_output = True
    try:
        assert statuses(fusion, "print(input())", script("a", "a")) == ["pass"]
    finally:
        stub.drops_output = False


def test_programs_that_stop_the_clocks_meet_the_next_limit(fusion: FusionPool, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = "import signal, time\nfor which in range(3): signal.setitimer(which, 0)\n"
    assert statuses(fusion, f"{stop}while True: pass", script("", "")) == ["timeout"]
    monkeypatch.setattr(fusion_request, "_START_S", -9.0)  # leaves two seconds for the whole run
    (result,) = fusion.run([ExecutionRequest("job", f"{stop}time.sleep(100)", script("", ""), QUICK)])
    assert result.outcomes[0].status is OutcomeStatus.TIMEOUT
    assert "wall-clock limit" in result.outcomes[0].detail


def test_nothing_that_is_expected_is_sent(stub: FusionStub, fusion: FusionPool) -> None:
    secret = "kingfisher"
    half = f"'{secret[:4]}' + '{secret[4:]}'"  # evaluated on this side
    before = len(stub.requests)
    for suite in (
        script("", secret),
        CallSuite("f", (CallCase(secret),)),
        literal(("()", repr(secret)), ("()", half)),
        AttackSuite((AttackCase("", secret),), DATABASE),
    ):
        fusion.run([ExecutionRequest("job", "def f(): return 1", suite)])
    sent = stub.requests[before:]
    assert len(sent) == 4
    for request in sent:
        parts = [base64.b64decode(content) for content in request["files"].values()]
        text = json.dumps(request).encode() + b"".join(parts)
        assert secret.encode() not in text
        assert half.encode() not in text


FORGERIES = {
    "a claim": "{'claim': '{\"value\": \"right\"}', 'cpu': 0}",
    "an end": "{'end': 0, 'cpu': -1}",
    "a compiler error": "{'problem': {'error': 'not my fault'}}",
    "nonsense": "[1, {}]",
    "a huge time": "{'claim': '{}', 'cpu': 1e308}",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_reports_are_worth_what_they_could_print(fusion: FusionPool, name: str) -> None:
    forge = f"""
import glob, json
def forge():
    for path in glob.glob("../*/claims"):
        open(path, "a").write(json.dumps({FORGERIES[name]}) + chr(10))
"""
    for code, suite in (
        (f"{forge}\nforge()", script("", "right")),
        (f"{forge}\ndef f(): forge()", CallSuite("f", (CallCase("secret"),))),
        (f"{forge}\ndef f(): forge()", literal(("()", "'secret'"), ("()", "'secret'"))),
    ):
        assert "pass" not in statuses(fusion, code, suite)
        assert "infra_error" not in statuses(fusion, code, suite)


def test_a_program_cannot_mask_itself_by_removing_its_reports(fusion: FusionPool) -> None:
    code = "import glob, os\nfor path in glob.glob('../*/*'): os.unlink(path)\ndef f(): return 1\n"
    assert statuses(fusion, code, script("", "right")) == ["compile_error"]
    assert statuses(fusion, code, literal(("()", "2"), ("()", "2"))) == ["compile_error"] * 2
    loops = f"{code}while True: pass"
    assert statuses(fusion, loops, script("", "right")) == ["compile_error"]


def test_programs_that_wait_are_run_once_more_alone(stub: FusionStub, fusion: FusionPool) -> None:
    before = len(stub.requests)
    sleeps = "import signal, time\nsignal.alarm(1)\ntime.sleep(100)"
    assert statuses(fusion, sleeps, script("", ""), Limits(cpu_s=0.5)) == ["timeout"]
    assert len(stub.requests) - before == 2
    stub.faults.append("stall")
    assert statuses(fusion, "print(1)", script("", "1")) == ["pass"]


def test_results_say_that_the_isolation_is_external(fusion: FusionPool, stub: FusionStub) -> None:
    (result,) = fusion.run([ExecutionRequest("job", "", script("", ""))])
    assert result.isolation == fusion.isolation == "external"
    here = ".".join(map(str, sys.version_info[:2]))
    assert f"isolation: external (SandboxFusion at {stub.url}, Python {here}, 2 requests" in fusion.describe()


def test_files_that_nobody_asked_for_are_not_taken() -> None:
    limits = CaseLimits(cpu_s=1, memory_mb=64, output_kb=1, file_mb=1, processes=0)
    exchange = Exchange(WorkerRequest("script", "", limits, [""], {"shop.db": b"x"}, dump=True), [""])
    mark = exchange.payload["fetch_files"][0].partition("/")[0]
    names = ["box/shop.db", "box/shop.db-wal", "box/../../evil", "box//etc/passwd", "shop.db"]
    run = {"status": "Finished", "return_code": 0, "execution_time": 0.1, "stdout": mark, "stderr": ""}
    reply = exchange.read({"status": "Success", "run_result": run, "files": dict.fromkeys(names, "eA==")})
    assert reply.files == {"shop.db": b"x", "shop.db-wal": b"x"}


def test_from_completions_to_rewards(stub: FusionStub) -> None:
    tasks = load(DatasetCfg(test_tasks=2), "test").tasks[:2]
    execution = ExecutionCfg(BackendName.fusion, stub.url, workers=2, min_isolation=Isolation.external)
    cfg = JudgeCfg(execution=execution)
    execution.check()
    with Judge(cfg) as judge:
        for attribute, value in (("reference", 1.0), ("unsafe", 0.5)):
            codes = [getattr(task, attribute) for task in tasks]
            completions = [
                Completion(task.task_id, f"```python\n{code}\n```") for task, code in zip(tasks, codes, strict=True)
            ]
            verdicts = judge.judge(tasks, completions, safety=True)
            assert [judge.reward(verdict).value for verdict in verdicts] == [value] * 2
