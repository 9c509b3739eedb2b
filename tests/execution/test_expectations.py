"""Expected values that are read: what is read is what the jail says, and the rest is left to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from real.execution import Pool
from real.execution.expectations import Expectation, NotStaticError, presumed_expectations, static_expectations
from real.types import ExecutionRequest, Limits, LiteralCase, LiteralSuite, OutcomeStatus

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.tuples(inner, inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("setup", "source", "expected"),
    [
        ("", "[1, (2.5, b'x'), {'a': None}]", Expectation([1, (2.5, b"x"), {"a": None}])),
        ("import json\nfrom html import escape", " -3", Expectation(-3)),
        ("def helper(text, n=2):\n    return undefined", "{1, 2}", Expectation({1, 2})),
        ("", "ValueError", Expectation(exception="ValueError")),
        ("", "IOError", Expectation(exception="OSError")),
        ("'''what it is'''\nLIMIT = 10", "10 ** 2", None),
        ("", "sorted([2, 1])", None),
        ("", "LIMIT", None),
        ("", "set()", None),  # a name, like any other
        ("", "UnicodeDecodeError", None),  # cannot be raised without arguments
        ("", "BaseException", None),
        ("1 / 0", "1", None),
        ("import no_such_module", "1", None),
        ("from json import no_such_name", "1", None),
        ("from json import *", "1", None),
        ("def f(x: missing): pass", "1", None),
        ("def f(x=missing): pass", "1", None),
        ("ValueError = KeyError", "ValueError", None),
        ("def ValueError(): pass", "ValueError", None),
        ("import json as ValueError", "ValueError", None),
        ("if True:\n    ValueError = KeyError", "ValueError", None),
        ("(", "1", None),
        ("", "[" * 500 + "]" * 500, None),
    ],
)
def test_what_is_read_and_what_is_left_to_the_jail(setup: str, source: str, expected: Expectation | None) -> None:
    if expected is not None:
        assert static_expectations(setup, [source]) == [expected]
        return
    with pytest.raises(NotStaticError):
        static_expectations(setup, [source])


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_a_value_passes_whether_its_test_is_read_or_evaluated(pool: Pool, values: list[object]) -> None:
    """The same values, once as literals and once with a set-up that only the jail can run."""
    sources = [_literal(value) for value in values]
    cases = tuple(LiteralCase(f"({source},)", source) for source in sources)
    suites = [LiteralSuite("f", cases, setup) for setup in ("inf = 1e999\nnan = 0", "inf, nan = 1e999, 0")]
    code = "def f(value):\n    return value\n"
    read, evaluated = pool.run([ExecutionRequest("", code, suite) for suite in suites])
    assert [outcome.status for outcome in read.outcomes] == [OutcomeStatus.PASS] * len(cases)
    assert [(o.status, o.output) for o in read.outcomes] == [(o.status, o.output) for o in evaluated.outcomes]


def _literal(value: object) -> str:
    return repr(value).replace("nan", "0.5").replace("inf", "1e999")


def test_a_set_up_that_fails_is_the_tests_fault(pool: Pool) -> None:
    (found,) = pool.run(
        [ExecutionRequest("", "def f(): return 1", LiteralSuite("f", (LiteralCase("()", "1"),), "1 / 0"))]
    )
    assert [outcome.status for outcome in found.outcomes] == [OutcomeStatus.INFRA_ERROR]


@pytest.mark.parametrize(
    ("setup", "source", "expected"),
    [
        ("class A:\n    def f(self): raise ValueError\nitems = {'a': A()}", "ValueError", "ValueError"),
        ("import queue\ntasks = queue.Queue()\ntasks.put(1)", "PermissionError", "PermissionError"),
        ("1 / 0", "ValueError", "ValueError"),  # presumed: that it fails is seen when a program runs
        ("if True:\n    ValueError = KeyError", "ValueError", None),
        ("class ValueError(Exception): pass", "ValueError", None),
        ("def f():\n    global ValueError\n    ValueError = 1\nf()", "ValueError", None),
        ("for ValueError in (1,): pass", "ValueError", None),
        ("match 1:\n    case ValueError: pass", "ValueError", None),
        ("try:\n    1 / 0\nexcept OSError as ValueError: pass", "ValueError", None),
        ("del ValueError", "ValueError", None),
        ("from os import *", "ValueError", None),
        ("import builtins\nbuiltins.ValueError = KeyError", "ValueError", None),
        ("globals()['ValueError'] = KeyError", "ValueError", None),
        ("exec('ValueError = KeyError')", "ValueError", None),
        ("(lambda: 0).__globals__.update(ValueError=KeyError)", "ValueError", None),
        ("limit = 1 + 1", "limit", None),
        ("return", "ValueError", None),  # no program
        ("(", "ValueError", None),
    ],
)
def test_what_is_presumed_of_a_set_up_that_may_fail(setup: str, source: str, expected: str | None) -> None:
    if expected is not None:
        assert presumed_expectations(setup, [source, "1"]) == [Expectation(exception=expected), Expectation(1)]
        return
    with pytest.raises(NotStaticError):
        presumed_expectations(setup, [source])


PROGRAMS = {
    "right": "def f(n):\n    if n < 0:\n        raise ValueError\n    return n",
    "cannot be compiled": "def f(n:\n",
    "cannot be loaded": "1 / 0",
    "ends at once": "import os\nos._exit(0)",
    "ends late": "import os\ndef f(n):\n    return n if n < 2 else os._exit(0)",
    "never ends": "while True: pass",
    "claims what the set-up would": "raise NameError",
    "is gone": "",
}
SETUPS = {
    "presumed": "class A: pass\na = A()\n",
    "fails": "class A: pass\na = A().b\n",
    "ends": "import os\nos._exit(0)\n",
}


@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_presumed_comes_to_what_is_evaluated(pool: Pool, name: str, setup: str) -> None:
    """The same tests after a set-up whose text leaves everything to the jail."""
    cases = (LiteralCase("(1,)", "1"), LiteralCase("(2,)", "2"), LiteralCase("(-1,)", "ValueError"))
    texts = (SETUPS[setup], SETUPS[setup] + "none = None if True else globals()\n")
    limits = Limits(cpu_s=0.5, timeouts=2)
    asked = [ExecutionRequest("", PROGRAMS[name], LiteralSuite("f", cases, text), limits) for text in texts]
    presumed, evaluated = (pool.run([one])[0] for one in asked)
    assert [one.status for one in presumed.outcomes] == [one.status for one in evaluated.outcomes]
    assert all((one.status is OutcomeStatus.INFRA_ERROR) is (setup != "presumed") for one in presumed.outcomes)
