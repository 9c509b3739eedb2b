"""No program can have itself left out of the score: each way from its text to ``infra_error`` ends as its own fault.

A failure is the machine's only where an empty program with the same tests suffers it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from workers import REACHED

from real.execution import Pool, retries
from real.execution.backends.chunk_queue import ATTEMPTS, ChunkQueue
from real.execution.failure_budget import FailureBudget
from real.execution.fixtures import DISK_FULL
from real.execution.jail.worker_request import WorkerRequest
from real.execution.worker import Worker, WorkerError, WorkerReport, WorkerStalledError
from real.types import (
    AttackCase,
    AttackSuite,
    CallCase,
    CallSuite,
    ExecutionRequest,
    ExecutionResult,
    Limits,
    LiteralCase,
    LiteralSuite,
    OutcomeStatus,
    ScriptSuite,
    StdinCase,
    Suite,
    TestOutcome,
)

DATABASE = "import sqlite3\nc = sqlite3.connect('a.db')\nc.execute('CREATE TABLE t (x)')\nc.commit()"
SUITES: dict[str, Suite] = {
    "script": ScriptSuite((StdinCase("1\n", "1"), StdinCase("2\n", "2"))),
    "database": ScriptSuite((StdinCase("1\n", "1"),), DATABASE),
    "call": CallSuite("f", (CallCase(1, (1,)), CallCase(2, (2,)))),
    "literal": LiteralSuite("f", (LiteralCase("(1,)", "1"), LiteralCase("(2,)", "2")), setup="base = 1"),
    "attack": AttackSuite((AttackCase("x\n"),), DATABASE),
}
EVIL = "evil = 1\ndef f(x): return x\n"

Spoiler = Callable[[Worker, WorkerReport], WorkerReport]


def lost(worker: Worker, report: WorkerReport) -> WorkerReport:
    raise WorkerError("the worker was lost: the other side closed the channel")


def stalled(worker: Worker, report: WorkerReport) -> WorkerReport:
    raise WorkerStalledError("the worker was lost: timed out")


def supervisor_killed(worker: Worker, report: WorkerReport) -> WorkerReport:
    return replace(report, cases=[], end_code=-9)


def supervisor_ended_early(worker: Worker, report: WorkerReport) -> WorkerReport:
    return replace(report, cases=report.cases[:-1], end_code=0)


def error_in_the_supervisor(worker: Worker, report: WorkerReport) -> WorkerReport:
    return replace(report, cases=[], failure="[Errno 24] Too many open files")


def no_jail(worker: Worker, report: WorkerReport) -> WorkerReport:
    return replace(report, cases=[replace(case, how="jail", reason="fork: EAGAIN") for case in report.cases])


HOSTILE = [
    lost,
    stalled,
    supervisor_killed,
    supervisor_ended_early,
    error_in_the_supervisor,
    no_jail,
]


def spoil(
    monkeypatch: pytest.MonkeyPatch, how: Callable[[Worker, WorkerReport], WorkerReport], *, always: bool
) -> None:
    """Have workers fail: at every request, or at those of the program that provokes it."""
    ask = Worker.ask

    def spoilt(self: Worker, request: WorkerRequest) -> WorkerReport:
        if not always and "evil" not in request.code:
            return ask(self, request)
        try:
            return how(self, ask(self, request))
        except WorkerError:
            self.close()
            raise

    monkeypatch.setattr(Worker, "ask", spoilt)
    monkeypatch.setattr(retries, "_PAUSE_S", 0.0)


@pytest.mark.parametrize("how", HOSTILE, ids=lambda how: how.__name__)
def test_what_a_program_provokes_is_its_own(monkeypatch: pytest.MonkeyPatch, how: Spoiler) -> None:
    with Pool(1, cache_mb=0) as pool:
        spoil(monkeypatch, how, always=False)
        for name in ("script", "literal", "attack"):
            suite = SUITES[name]
            evil, good = pool.run(
                [ExecutionRequest("evil", EVIL, suite), ExecutionRequest("good", "def f(x): return x", SUITES["call"])]
            )
            assert len(evil.outcomes) == len(suite.cases)
            statuses = {outcome.status for outcome in evil.outcomes}
            assert statuses <= {OutcomeStatus.ERROR, OutcomeStatus.TIMEOUT, OutcomeStatus.COMPILE_ERROR}, (name, evil)
            assert {outcome.status for outcome in good.outcomes} == {OutcomeStatus.PASS}


@pytest.mark.parametrize("how", [lost, error_in_the_supervisor, no_jail], ids=lambda how: how.__name__)
def test_what_every_program_suffers_is_the_machines(monkeypatch: pytest.MonkeyPatch, how: Spoiler) -> None:
    with Pool(1, cache_mb=0) as pool:
        spoil(monkeypatch, how, always=True)
        (result,) = pool.run([ExecutionRequest("evil", EVIL, SUITES["script"])])
    assert {outcome.status for outcome in result.outcomes} == {OutcomeStatus.INFRA_ERROR}


def test_a_full_disk_is_the_machines_only_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that fill it together are judged one by one, when nothing else runs."""
    ask, alone = Worker.ask, []

    def crowded(self: Worker, request: WorkerRequest) -> WorkerReport:
        report = ask(self, request)
        if "evil" not in request.code or alone:
            return report
        return replace(report, cases=[replace(case, full=True, how="exit", code=1) for case in report.cases])

    second = retries.RetryingWorkers.second_chance

    def when_alone(self: retries.RetryingWorkers, *arguments: object) -> object:
        alone.append(1)
        return second(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Worker, "ask", crowded)
    monkeypatch.setattr(retries.RetryingWorkers, "second_chance", when_alone)
    monkeypatch.setattr(retries, "_PAUSE_S", 0.0)
    with Pool(1, cache_mb=0) as pool:
        (result,) = pool.run([ExecutionRequest("evil", "evil = 1\nprint(input())", SUITES["script"])])
    assert alone == [1]
    assert [outcome.status for outcome in result.outcomes] == [OutcomeStatus.PASS] * 2
    assert DISK_FULL not in result.outcomes[0].detail


# Texts that a worker, the compiler or the grader might choke on.
TEXTS = {
    "a NUL": "x = '\0'",
    "lone surrogates": "x = '\ud800'",
    "many brackets": "(" * 5000,
    "a deep expression": "-" * 100_000 + "1",
    "a chain of calls": "a" + "()" * 60_000,
    "a long literal": "x = " + "9" * 100_000,
    "a prompt that is no text": "input('\\N{no such character}')",
    "a giant prompt": "print(input('" + "x" * 500_000 + "'))",
    "too large": "#" + "x" * (1 << 20),
    "no text at all": "\x00\x01\x02",
    "two byte order marks": "\ufeff\ufeffprint(1)",
}
BEHAVIOUR = {
    "kills its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "stops its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)",
    "kills itself": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "exits at once": "import os\nos._exit(77)",
    "closes every descriptor": "import os\nos.closerange(0, 4096)",
    "writes nonsense into every descriptor": """
import os
for fd in range(64):
    try: os.write(fd, b'\\xff' * 9999)
    except OSError: pass
""",
    "an endless claim": "import os\nos.write(3, b'\\xff\\xff\\xff\\xff' + b'x' * 100)",
    "a claim that is no JSON": "import os\nos.write(3, b'\\0\\0\\0\\3abc')",
    "a claim of another kind": "import os\nos.write(3, b'\\0\\0\\0\\3[1]')",
    "claims a failure of the jail": "import os\nos.write(3, b'!no jail')",
    "many claims": "import os\nfor n in range(1000): os.write(3, b'\\0\\0\\0\\2{}')",
    "a claim with strange parts": """
import os
claim = b'{"error": [1e999], "errno": 1e999, "type": {}, "value": ["i", "0x"]}'
os.write(3, len(claim).to_bytes(4, 'big') + claim)
os._exit(0)
""",
    "no memory": "x = []\nwhile True: x.append(bytearray(1 << 20))",
    "no descriptors": "import os\nx = [os.dup(0) for _ in range(9999)]",
    "no threads": """
import threading
for _ in range(999): threading.Thread(target=threading.Event().wait, args=(1,)).start()
""",
    "a full disk": "for n in range(999): open(f'f{n}', 'wb').write(bytes(1 << 20))",
    "no inodes": "for n in range(99999): open(f'f{n}', 'w').close()",
    "a closed folder": "import os\nos.makedirs('a/b')\nfor name in ('a/b', 'a', '.'): os.chmod(name, 0)",
    "a deep folder": "import os\nfor _ in range(2000):\n    os.mkdir('d')\n    os.chdir('d')",
    "no folder": "import os\nos.rmdir(os.getcwd())",
    "says that the disk is full": "raise OSError(28, 'No space left on device')",
    "says that there are no processes": "raise BlockingIOError(11, 'again')",
    "says that memory is over": "raise MemoryError",
    "prints without end": "while True: print('x' * 9999)",
    "an endless end": "class A:\n    def __del__(self):\n        while True: pass\na = A()",
    "an error that lies": "class E(BaseException):\n    def __str__(self): raise SystemExit\nraise E",
}
RETURNED = {
    "odd parts": "{(1,): {frozenset({2}): [b'x', 1e999, -0.0, 10 ** 3000]}}",
    "itself": "(lambda a: a.append(a) or a)([])",
    "a doubling": "__import__('functools').reduce(lambda a, _: [a, a], range(60), [])",
    "a liar": "type('A', (int,), {'__class__': property(lambda s: 1 / 0)})(1)",
    "a type of any name": "type('x' * 99999, (), {})()",
    "a module that is none": "type('A', (), {'__module__': 7})()",
}
STORED = {
    "no database": "open('a.db', 'wb').write(b'SQLite format 3\\0' + bytes(range(256)) * 99)",
    "a long database": "import os\nos.truncate('a.db', 1 << 20)",
    "a link": "import os\nos.unlink('a.db')\nos.symlink('/dev/zero', 'a.db')",
    "nothing": "import os\nos.unlink('a.db')",
    "a folder": "import os\nos.unlink('a.db')\nos.mkdir('a.db')",
    "a table without end": """
import sqlite3
c = sqlite3.connect('a.db')
c.execute("CREATE VIEW v AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r")
c.execute("INSERT INTO t VALUES (zeroblob(900000))")
c.commit()
""",
}
QUICK = Limits(cpu_s=0.2, memory_mb=128, output_kb=64, file_mb=1)


@pytest.mark.parametrize("processes", [0, 4])
@pytest.mark.parametrize("level", [level for level in REACHED if level != "weak"])  # which keeps no program in
def test_no_program_is_masked(level: str, processes: int) -> None:
    limits = replace(QUICK, processes=processes)
    programs = [(name, code, kind) for name, code in BEHAVIOUR.items() for kind in ("script", "literal")]
    programs += [(name, code, "attack") for name, code in STORED.items()]
    if not processes:
        programs += [(name, code, "script") for name, code in TEXTS.items()]
        programs += [
            (name, f"def f(x): return {code}", kind) for name, code in RETURNED.items() for kind in ("call", "literal")
        ]
    requests = [ExecutionRequest(f"{name}: {kind}", code, SUITES[kind], limits) for name, code, kind in programs]
    with Pool(2, level=level, cache_mb=0) as pool:
        results = pool.run(requests)
    masked = [
        (result.request_id, outcome.detail)
        for result in results
        for outcome in result.outcomes
        if outcome.status is OutcomeStatus.INFRA_ERROR
    ]
    assert masked == []
    assert len({outcome.status for result in results for outcome in result.outcomes}) > 4


def test_a_program_too_large_beside_its_tests_is_no_fault_of_theirs(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("real.execution.jail.frames._MAX_HEADER", 200_000)
    suite = ScriptSuite((StdinCase("x" * 100_000, "x"),))
    large, small = pool.run([ExecutionRequest("1", "#" * 150_000, suite), ExecutionRequest("2", "print(1)", suite)])
    assert [outcome.status for outcome in large.outcomes] == [OutcomeStatus.COMPILE_ERROR]
    assert [outcome.status for outcome in small.outcomes] == [OutcomeStatus.WRONG]
    (tests,) = pool.run([ExecutionRequest("3", "print(1)", ScriptSuite((StdinCase("x" * 300_000, "x"),)))])
    assert [outcome.status for outcome in tests.outcomes] == [OutcomeStatus.INFRA_ERROR]


class Lenient(FailureBudget):
    """Counts nothing."""

    def add(self, outcomes: tuple[TestOutcome, ...]) -> None:
        """Take outcomes as they are."""


@pytest.mark.parametrize(("empty_runs", "status"), [(True, OutcomeStatus.ERROR), (False, OutcomeStatus.INFRA_ERROR)])
def test_a_program_that_takes_its_actor_down_is_not_masked(empty_runs: bool, status: OutcomeStatus) -> None:
    queue = ChunkQueue(
        [ExecutionRequest(str(n), "evil" if n == 2 else "good", SUITES["call"]) for n in range(4)], 4, Lenient()
    )
    losses = 0
    while (chunk := queue.take()) is not None:
        if any("evil" in each.code or (not each.code and not empty_runs) for each in chunk.requests):
            losses += 1
            queue.lose(chunk, "it died", "strong")
            continue
        passed = (TestOutcome(OutcomeStatus.PASS),) * 2
        queue.put(chunk, [ExecutionResult(each.request_id, passed, "strong") for each in chunk.requests])
    assert losses == ATTEMPTS + 1
    found = [{outcome.status for outcome in result.outcomes} for result in queue.results()]
    assert found == [{OutcomeStatus.PASS}, {OutcomeStatus.PASS}, {status}, {OutcomeStatus.PASS}]


def test_reports_of_any_kind_are_graded(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the grader itself fails on them: one program's claim must not end the run of the others."""

    def broken(*_: object, **__: object) -> bool:
        raise TypeError("of a kind that nobody thought of")

    monkeypatch.setattr("real.execution.grading.same_value", broken)
    monkeypatch.setattr("real.execution.grading.same_text", broken)
    for kind in ("script", "call"):
        (result,) = pool.run([ExecutionRequest("1", f"{EVIL}print(1)  # {kind}", SUITES[kind])])
        assert {outcome.status for outcome in result.outcomes} == {OutcomeStatus.ERROR}
        assert "cannot be judged" in result.outcomes[0].detail
