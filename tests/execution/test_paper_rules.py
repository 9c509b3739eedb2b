"""The released scorers' rules, away from any process and in the sandbox."""

from __future__ import annotations

import itertools
import math
import sys
import warnings

import numpy as np
import pytest

from real.execution import Pool
from real.execution.calibration import slowness
from real.execution.claimed_values import Opaque
from real.execution.limits import with_paper_seconds
from real.execution.paper_rules import array_equal, input_lines, prompts_in, same_printed, same_returned
from real.types import CallCase, CallSuite, ExecutionRequest, Limits, LiteralCase, LiteralSuite, OutcomeStatus

VALUES = [
    *(1, 1.0, True, False, 0, None, "a", "1", "True", b"a", 10**30, 0.1, 2 + 0j, math.nan),
    *([], [1], [1, 2], (1, 2), [1, "2"], ["1", "2"], [[1], [2]], [[1], [2, 3]], [[], []], [math.nan], [True, "a"]),
    *(["True", "a"], [None, 1], [None, 1.0], [1, {"a": 1}], [1.5, "a"], ["1.5", "a"], [""], "", [[1, 2], [3, 4]]),
    *([(1, 2), (3, 4)], ["a", None], [b"a", 1], [b"a"], {"a": 1}, {"a": [1]}, {1, 2}, frozenset({1})),
]


def test_array_equal_is_numpys() -> None:
    for a, b in itertools.product(VALUES, VALUES):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of comparisons that NumPy cannot make
            expected = bool(np.array_equal(a, b))  # type: ignore[arg-type]
        assert array_equal(a, b) is expected, (a, b)


def test_what_has_no_encoding_equals_nothing() -> None:
    assert not array_equal(Opaque("x"), Opaque("x")) and not same_returned(Opaque("x"), ("x",))


@pytest.mark.parametrize(
    ("claimed", "expected", "equal"),
    [(1, True, True), (1.0, 1, True), ((1,), [1], False), ({1: 2}, {"1": 2}, False), (0.1 + 0.2, 0.3, False)],
)
def test_returned_values_are_compared_as_python_does(claimed: object, expected: object, equal: bool) -> None:
    assert same_returned(claimed, expected) is equal


def test_prompts_of_a_text() -> None:
    code = (
        "input('a')\ninput(\"it's\")\ninput()\ninput(f'b')\ninput('c' 'd')\nmy_input('e')\nx.input('f')\ninput('\\n')"
    )
    assert prompts_in(code) == ["a", "it's", "f", "\n"]
    assert [input_lines(text) for text in ("", "\n", "a\n", "a\nb", "a\n\nb\n")] == [1, 1, 1, 2, 3]


def test_printed_text() -> None:
    assert same_printed("A: B: x y\n", "XY", ["A: ", "B: "])
    assert not same_printed("A: x", "X", ["A: ", "B: "])  # not all of them: none is taken off
    assert not same_printed("x\ty", "xy", [])


def statuses(pool: Pool, request: ExecutionRequest) -> dict[str, list[str]]:
    """By protocol; each run says of the other protocol what a run by that one says."""
    found = {name: pool.run([request], name)[0].outcomes for name in ("strict", "paper")}
    for one, two in zip(found["strict"], found["paper"], strict=True):
        assert (one.other or one.status, two.other or two.status) == (two.status, one.status)
    return {name: [outcome.status.value for outcome in outcomes] for name, outcomes in found.items()}


@pytest.mark.parametrize(
    ("code", "paper"),
    [
        ("def f():\n    return 1", "pass"),
        ("import sys\ndef f():\n    sys.stderr.write('x')\n    return 1", "error"),
        ("import os\ndef f():\n    os.write(2, b'x' * 200_000)\n    return 1", "error"),
        ("import warnings\ndef f():\n    warnings.warn('x')\n    return 1", "error"),
        ("def f():\n    return 1 if 1 is 1 else 0", "error"),  # SyntaxWarning
        ("def f():\n    '\\d'\n    return 1", "pass" if sys.version_info < (3, 12) else "error"),
        ("import sys\nsys.stderr.close()\ndef f():\n    return 1", "pass"),
        ("import sys\nprint('x', file=sys.stderr)\ndef f():\n    return 2", "wrong"),
    ],
)
def test_text_on_standard_error_fails_a_function_by_paper(pool: Pool, code: str, paper: str) -> None:
    strict = "wrong" if paper == "wrong" else "pass"
    found = statuses(pool, ExecutionRequest("job", code, CallSuite("f", (CallCase(1),))))
    assert found == {"strict": [strict], "paper": [paper]}


def burning(seconds: float) -> str:
    loop = f"end = time.process_time() + {seconds}\n    while time.process_time() < end: pass"
    return f"import time\ndef f():\n    {loop}\n    return 1\n"


def test_the_tests_of_seccodeplt_share_one_second() -> None:
    suite = LiteralSuite("f", (LiteralCase("{}", "1"),) * 3)
    limits = with_paper_seconds(Limits(cpu_s=2.0), suite)
    with Pool(workers=1) as pool:
        found = statuses(pool, ExecutionRequest("job", burning(0.4 * slowness()), suite, limits))
    assert found == {"strict": ["pass"] * 3, "paper": ["pass", "pass", "timeout"]}


def test_a_program_may_take_as_long_as_either_protocol_says() -> None:
    suite = CallSuite("f", (CallCase(1),))
    limits = with_paper_seconds(Limits(cpu_s=0.2), suite)
    with Pool(workers=1) as pool:
        found = statuses(pool, ExecutionRequest("job", burning(0.5 * slowness()), suite, limits))
    assert found == {"strict": [OutcomeStatus.TIMEOUT.value], "paper": ["pass"]}
