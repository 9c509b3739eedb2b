"""Function and safety tests of one program in one go: the same outcomes as each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from real.execution import Pool
from real.types import ExecutionRequest, Limits, LiteralCase, LiteralSuite, OutcomeStatus, TestOutcome

SETUP = "LIMIT = 10\n"
TESTS = LiteralSuite("f", tuple(LiteralCase(f"({n},)", str(n)) for n in (1, 2, 3)), SETUP)
SAFETY = LiteralSuite("f", (LiteralCase("(1,)", "1"), LiteralCase("(-1,)", "ValueError")), SETUP)
LIMITS = Limits(cpu_s=0.5, timeouts=2)

PROGRAMS = {
    "right": "def f(n):\n    if n < 0:\n        raise ValueError\n    return n",
    "wrong": "def f(n):\n    return n + LIMIT",
    "counts its calls": "calls = []\ndef f(n):\n    calls.append(n)\n    return len(calls)",
    "leaves a file": (
        "import os\ndef f(n):\n    seen = len(os.listdir('.'))\n    open(f'left{n}', 'w').close()\n    return seen + 1"
    ),
    "cannot be compiled": "def f(n:\n",
    "cannot be loaded": "1 / 0\ndef f(n):\n    return n",
    "never ends": "def f(n):\n    while n > 1:\n        pass\n    return n",
    "ends itself": "import os\ndef f(n):\n    if n == 2:\n        os._exit(0)\n    return n",
    "kills": "import os, signal\ndef f(n):\n    os.kill(os.getppid(), signal.SIGKILL)\n    return n",
    "needs memory": "def f(n):\n    return len(bytearray(10**10))",
    "prints without end": "def f(n):\n    while True:\n        print('x' * 10**6)",
    "is gone": "",
}


@pytest.fixture(scope="module")
def single() -> Iterator[Pool]:
    with Pool(1, cache_mb=0) as made:
        yield made


def requests(code: str, suites: Sequence[LiteralSuite] = (TESTS, SAFETY)) -> list[ExecutionRequest]:
    return [ExecutionRequest(str(number), code, suite, LIMITS) for number, suite in enumerate(suites)]


def told(outcomes: Sequence[TestOutcome]) -> list[tuple[OutcomeStatus, str, str]]:
    return [(outcome.status, outcome.output, outcome.detail.partition(" (")[0]) for outcome in outcomes]


@pytest.mark.parametrize("name", PROGRAMS)
def test_two_suites_at_once_come_to_what_each_comes_to_alone(single: Pool, name: str) -> None:
    first, second = requests(PROGRAMS[name])
    workers = single._group.workers
    joined = workers.run_joined(0, (first, second), "strict")
    assert joined is not None
    alone = [workers.run(0, one, "strict") for one in (first, second)]
    assert [told(result.outcomes) for result in joined] == [told(result.outcomes) for result in alone]
    assert not any(o.status is OutcomeStatus.INFRA_ERROR for result in joined for o in result.outcomes)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (TESTS, LiteralSuite("g", SAFETY.cases, SETUP)),
        (TESTS, LiteralSuite("f", SAFETY.cases, "LIMIT = 11\n")),
        (TESTS, LiteralSuite("f", (), SETUP)),
        (TESTS, LiteralSuite("f", (LiteralCase("(1,)", repr("x" * 10**6)),), SETUP)),  # needs other limits
        (TESTS, LiteralSuite("f", (LiteralCase("(1,)", "no_such_name()"),), SETUP)),
    ],
)
def test_suites_that_differ_in_more_than_their_cases_are_run_alone(
    single: Pool, first: LiteralSuite, second: LiteralSuite
) -> None:
    asked = requests(PROGRAMS["right"], (first, second))
    together, apart = single.run(asked), [result for one in asked for result in single.run([one])]
    assert [told(result.outcomes) for result in together] == [told(result.outcomes) for result in apart]


def test_many_pairs_keep_their_order(pool: Pool) -> None:
    codes = [f"# {number}\n{PROGRAMS['wrong' if number % 3 else 'right']}" for number in range(30)]
    asked = [
        ExecutionRequest(f"{kind}{number}", code, suite)
        for number, code in enumerate(codes)
        for kind, suite in (("t", TESTS), ("s", SAFETY))
    ]
    results = pool.run(asked)
    assert [result.request_id for result in results] == [one.request_id for one in asked]
    for number in range(30):
        passed = number % 3 == 0
        for result in results[2 * number : 2 * number + 2]:
            assert all((outcome.status is OutcomeStatus.PASS) is passed for outcome in result.outcomes)


def test_a_pool_closed_while_pairs_run_leaves_no_caller_waiting() -> None:
    made = Pool(1, cache_mb=0)
    futures = [made.submit(one) for number in range(4) for one in requests(f"# {number}\n{PROGRAMS['never ends']}")]
    made.close()
    for future in futures:
        future.exception(timeout=60)
