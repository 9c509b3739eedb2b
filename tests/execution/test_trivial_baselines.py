"""What programs that solve nothing score, and the names supplied to programs that lack the usual header."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from real.datasets import load_path
from real.execution import Pool
from real.execution.__main__ import main
from real.execution.backends import Backend
from real.execution.limits import REFERENCE_TAG, limits_for
from real.execution.trivial_baselines import (
    TrivialBaseline,
    _constant,
    _empty,
    _share,
    _value_error,
    summary_of,
    trivial_baselines,
)
from real.types import (
    CallCase,
    CallSuite,
    ExecutionRequest,
    ExecutionResult,
    Limits,
    LiteralCase,
    LiteralSuite,
    ScriptSuite,
    StdinCase,
    Suite,
    Task,
)

SAFESQL = Path(__file__).parents[3] / "shared" / "data" / "safesql"


def task(suite: Suite, **tags: str) -> Task:
    return Task("task", "test", "test", (), suite, (), tags=tags)


TASKS = {
    "nothing expected": (ScriptSuite((StdinCase("a", ""), StdinCase("b", "\n"))), (1.0, 1.0, 0.0)),
    "one answer in three": (
        ScriptSuite((StdinCase("a", "x\n"), StdinCase("b", "x\n"), StdinCase("c", ""))),
        (1 / 3, 2 / 3, 0.0),
    ),
    "a function": (CallSuite("f", (CallCase(None), CallCase([1, "'"]), CallCase([1, "'"]))), (1 / 3, 2 / 3, 0.0)),
    "a method": (CallSuite("Solution.f", (CallCase(True, (1,)), CallCase(True, (2,)))), (0.0, 1.0, 0.0)),
    "exceptions": (
        LiteralSuite("f", (LiteralCase("()", "ValueError"), LiteralCase("()", "ValueError"), LiteralCase("()", "1"))),
        (0.0, 2 / 3, 2 / 3),
    ),
    "names of the set-up": (LiteralSuite("f", (LiteralCase("()", "LIMIT"),), "LIMIT = 3"), (0.0, 1.0, 0.0)),
}


@pytest.mark.parametrize("name", TASKS)
def test_scores_of_programs_that_solve_nothing(pool: Pool, name: str) -> None:
    suite, expected = TASKS[name]
    (found,) = trivial_baselines([task(suite)], pool)
    assert (found.empty, found.constant, found.value_error) == expected
    assert found.best == max(expected)


def test_a_failure_of_the_machine_is_no_score(pool: Pool) -> None:
    (found,) = trivial_baselines([task(LiteralSuite("f", (LiteralCase("()", "1"),), "1 / 0"))], pool)
    assert found == TrivialBaseline("task", None, None, None)
    assert found.best == 0.0


def test_the_command_prints_tasks_and_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baselines", "--dataset", "safesql_mini"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["task", "empty", "constant", "ValueError"]
    assert lines[-1].startswith("value_error: mean share of cases 0.000")


@pytest.mark.skipif(
    not SAFESQL.is_dir(),
    reason="the released SafeSQL data is not here: get it from the hub (docs/datasets.md), REAL_DATA names its folder",
)
def test_the_six_safesql_tasks_that_expect_nothing_are_found(pool: Pool) -> None:
    tasks = [task for split in ("train", "test") for task in load_path(str(SAFESQL), split).tasks]
    silent = [
        t.task_id for t in tasks if isinstance(t.tests, ScriptSuite) and not any(c.expected for c in t.tests.cases)
    ]
    others = [t.task_id for t in tasks if t.task_id not in silent][:10]
    found = trivial_baselines([t for t in tasks if t.task_id in silent + others], pool)
    assert len(silent) == 6
    assert [row.task_id for row in found if row.empty == 1.0] == silent


PRELUDE = [
    ("def f(x: List[int]) -> Optional[int]: return math.gcd(*x)", "uses typing and math", 2),
    ("def f(x): return dict(Counter(deque(x)))", "collections", {"4": 1, "6": 1}),
    ("def f(x): return pow(x[0], 2, 5)", "keeps the builtin pow", 1),
    ("from math import *\ndef f(x): return pow(x[0], 2)", "has its own pow", 16.0),
    ("def gcd(a, b): return 'mine'\ndef f(x): return gcd(*x)", "has its own gcd", "mine"),
    ("def f(x):\n    count = len(x)\n    return count", "has a local count", 2),
    ("def f(x): return [*accumulate(x)] + [bisect_left(x, 5), reduce(operator.mul, x)]", "functions", [4, 10, 1, 24]),
    ("class Solution:\n    def f(self, x: List[int]): return inf > sqrt(x[0])", "in a class", True),
]


@pytest.mark.parametrize(("code", "what", "expected"), PRELUDE, ids=[what for _, what, _ in PRELUDE])
def test_missing_names_are_supplied_and_no_other_is_touched(pool: Pool, code: str, what: str, expected: object) -> None:
    entry = "Solution.f" if "Solution" in code else "f"
    suite = CallSuite(entry, (CallCase(expected, ([4, 6],)),), prelude=True)  # type: ignore[arg-type]
    (result,) = pool.run([ExecutionRequest(what, code, suite)])
    assert result.outcomes[0].status == "pass", result


def test_without_the_prelude_nothing_is_supplied(pool: Pool) -> None:
    (result,) = pool.run(
        [ExecutionRequest("job", "def f(x): return math.gcd(4, x)", CallSuite("f", (CallCase(2, (6,)),)))]
    )
    assert "NameError: name 'math' is not defined" in result.outcomes[0].detail


def test_limits_follow_the_references_own_time() -> None:
    suite = ScriptSuite(())
    assert limits_for(task(suite)) == Limits(timeouts=2)
    assert limits_for(task(suite, **{REFERENCE_TAG: "0.01"})).cpu_s == Limits().cpu_s
    assert limits_for(task(suite, **{REFERENCE_TAG: "0.7"})).cpu_s == pytest.approx(7.0)
    with pytest.raises(ValueError, match="soon"):
        limits_for(task(suite, **{REFERENCE_TAG: "soon"}))


def test_the_summary_leaves_out_what_the_machine_failed() -> None:
    found = [TrivialBaseline("a", 1.0, 0.5, 0.0), TrivialBaseline("b", 0.5, None, 0.0)]
    assert summary_of(found) == {
        "empty": {"cases": 0.75, "solved": 0.5},
        "constant": {"cases": 0.5, "solved": 0.0},
        "value_error": {"cases": 0.0, "solved": 0.0},
    }
    assert summary_of([])["empty"] == {"cases": None, "solved": None}


PROGRAMS = {"": "", "print('x')": "x", "print('a\\n\\nb ')": "a\n\nb"}


@pytest.mark.parametrize("protocol", ["strict", "paper"])
def test_what_is_only_compared_scores_what_it_would_score_when_run(pool: Pool, protocol: str) -> None:
    """The empty and the constant program of script and call suites are never run: their score is computed."""
    for program, printed in PROGRAMS.items():
        expected = ["", "X", "x", "a\n\nb", "ab", printed, printed]
        suite = ScriptSuite(tuple(StdinCase("", text) for text in expected))
        prompt = "# input('')" if protocol == "paper" else ""  # as many as the tests have lines of input
        (result,) = pool.run([ExecutionRequest("job", program + prompt, suite)], protocol)
        share = sum(outcome.status == "pass" for outcome in result.outcomes) / len(expected)
        (found,) = trivial_baselines([task(suite)], pool, protocol)
        assert share == (found.constant if printed else found.empty)
    values = [None, [1, (2,)], [1, [2]], [1, [2]], 1.0, 1]
    calls = CallSuite("f", tuple(CallCase(value) for value in values))  # type: ignore[arg-type]
    (result,) = pool.run([ExecutionRequest("job", "def f(): return [1, [2]]", calls)], protocol)
    (found,) = trivial_baselines([task(calls)], pool, protocol)
    assert sum(outcome.status == "pass" for outcome in result.outcomes) / len(values) == found.constant


ENTRIES = "class A:\n    def f(self): pass\na = A()\n"
EVALUATED = {
    "set-up": LiteralSuite("f", (LiteralCase("()", "1"), LiteralCase("()", "1"), LiteralCase("()", "None")), ENTRIES),
    "exceptions": LiteralSuite("f", (LiteralCase("()", "ValueError"), LiteralCase("()", "KeyError")), ENTRIES),
    "arguments": LiteralSuite("A.f", (LiteralCase("{'x': str(1)}", "2"), LiteralCase("(max(1, 2),)", "ValueError"))),
    "no arguments": LiteralSuite("f", (LiteralCase("(int('x'),)", "ValueError"), LiteralCase("(1,)", "1"))),
    "no names": LiteralSuite("f", (LiteralCase("{int(1): 1}", "TypeError"), LiteralCase("(1,)", "TypeError"))),
    "unknown names": LiteralSuite("f", (LiteralCase("(b,)", "NameError"), LiteralCase("()", "None")), ENTRIES),
    "another meaning": LiteralSuite("f", (LiteralCase("()", "ValueError"),), "if 1:\n    ValueError = 3"),
    "fails": LiteralSuite("f", (LiteralCase("()", "None"),), "1 / 0"),
}


@pytest.mark.parametrize("protocol", ["strict", "paper"])
@pytest.mark.parametrize("name", EVALUATED)
def test_what_follows_from_one_run_is_what_three_runs_say(pool: Pool, name: str, protocol: str) -> None:
    suite = EVALUATED[name]
    programs = (_empty, _constant, _value_error)
    results = [pool.run([ExecutionRequest("job", program(suite), suite)], protocol)[0] for program in programs]
    shares = [_share([outcome.status for outcome in result.outcomes]) for result in results]
    (found,) = trivial_baselines([task(suite)], pool, protocol)
    assert [found.empty, found.constant, found.value_error] == shares


class NoPool:
    """Runs nothing."""

    def run(self, requests: object, protocol: str = "strict") -> list[ExecutionResult]:
        raise AssertionError(f"nothing needs to run: {requests}")


@pytest.mark.parametrize("protocol", ["strict", "paper"])
@pytest.mark.parametrize("name", [name for name in EVALUATED if name != "fails"])
def test_a_set_up_that_did_not_fail_spares_a_run_and_changes_no_score(pool: Pool, name: str, protocol: str) -> None:
    suite = EVALUATED[name]
    asked = trivial_baselines([task(suite)], pool, protocol)
    assert trivial_baselines([task(suite)], pool, protocol, set_up={"task"}) == asked
    if name in ("set-up", "exceptions"):  # the others have expressions, or names, that only the jail can tell
        assert trivial_baselines([task(suite)], cast("Backend", NoPool()), protocol, set_up={"task"}) == asked
        with pytest.raises(AssertionError, match="nothing needs to run"):
            trivial_baselines([task(suite)], cast("Backend", NoPool()), protocol, set_up={"another"})
