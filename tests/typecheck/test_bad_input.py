"""Input that breaks checkers: each gets findings or a status from both policies, and the worker goes on."""

import time

import pytest

from real.typecheck import Checker, Submission
from real.typecheck.unanalyzable import MAX_BYTES
from real.types import AnalysisStatus

CLEAN, FINDINGS = AnalysisStatus.CLEAN, AnalysisStatus.FINDINGS
UNANALYZABLE, ERROR = AnalysisStatus.UNANALYZABLE, AnalysisStatus.ERROR

DEEP_TYPE = "list[" * 90 + "int" + "]" * 90
DEEP_UNION = " | ".join(f"dict[int, list[tuple[int, '{'list[' * n}str{']' * n}']]]" for n in range(60))
NESTED_BLOCKS = "".join("    " * depth + "if x:\n" for depth in range(95)) + "    " * 95 + "pass\n"

BAD = {
    "syntax error": ("def f(:\n    pass\n", {UNANALYZABLE}),
    "half a program": ("def f(x: int) -> int:\n    return (x +\n", {UNANALYZABLE}),
    "NUL byte": ("x = 1\n\0y = 2\n", {UNANALYZABLE}),
    "NUL byte in a string": ("x = '\0'\n", {UNANALYZABLE}),
    "one megabyte": ("x = 1\n" * 175_000, {UNANALYZABLE}),
    "one megabyte in one line": ("x = '" + "a" * 1_000_000 + "'\n", {UNANALYZABLE}),
    "just below the size limit": ("x = 1\n" * (MAX_BYTES // 6), {CLEAN}),
    "lone surrogate": ("x = '\ud800'\n", {UNANALYZABLE}),
    "form feed and tabs": ("\f\tx = 1\n", {UNANALYZABLE}),
    "byte order mark": ("\ufeffx: int = 1\n", {CLEAN}),
    "null width names": ("ﬁ = 1\nprint(fi)\n", {CLEAN}),
    "deeply nested type": (f"def f(x: {DEEP_TYPE}) -> None:\n    print(x)\n", {CLEAN}),
    "deeply nested union": (f"def f(x: {DEEP_UNION}) -> None:\n    print(x)\n", {CLEAN, FINDINGS}),
    "deeply nested blocks": (f"x = 1\n{NESTED_BLOCKS}", {CLEAN, FINDINGS}),
    "deeply nested brackets": ("x = " + "[" * 150 + "]" * 150 + "\n", {CLEAN, FINDINGS}),
    "long chain": ("x = " + " + ".join(["1"] * 1500) + "\n", {CLEAN}),
    "long elif": (
        "x = 1\nif x == 0:\n    pass\n" + "".join(f"elif x == {n}:\n    pass\n" for n in range(900)),
        {CLEAN},
    ),
    "many lambdas": ("x = " + "lambda: " * 400 + "1\n", {CLEAN, FINDINGS}),
    "recursive alias": ("from typing import Union\nA = Union[int, list['A']]\nx: A = [[1], 'a']\n", {FINDINGS}),
    "alias of itself": ("A = list['A']\nB = 'B'\nC = C\nx: A = [[]]\n", {FINDINGS}),
    "class of itself": ("class A(A):\n    pass\n", {FINDINGS}),
    "bases in a circle": ("class A('B'):\n    pass\nclass B(A):\n    pass\n", {FINDINGS}),
    "generic of itself": (
        "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass A(Generic[T]):\n    x: 'A[A[T]]'\n",
        {CLEAN, FINDINGS},
    ),
    "shadowed typing": ("typing = List = int = str = 3\nx: List[int] = typing\n", {FINDINGS}),
    "shadowed builtins": (
        "def print(int: str) -> None:\n    len = int\n    list = len\nclass object: ...\n",
        {CLEAN, FINDINGS},
    ),
    "imports itself": ("import program\nimport __main__\nfrom program import x\n", {CLEAN, FINDINGS}),
    "stub": ("def f(x: int) -> int: ...\nclass A:\n    x: int\n    def g(self) -> str: ...\n", {FINDINGS}),
    "Python 2": ("print 'a'\nraise ValueError, 'b'\n", {UNANALYZABLE}),
    "Python 3.12": ("type A[T] = list[T]\ndef f[T](x: T) -> T:\n    return x\n", {UNANALYZABLE, CLEAN}),
    "named like a library": ("import random\nimport json\nclass json:\n    pass\nrandom = 1\n", {FINDINGS}),
    "all of the library": (
        "from os import *\nfrom sys import *\nfrom typing import *\nfrom ast import *\n",
        {CLEAN, FINDINGS},
    ),
    "star of itself": ("from __main__ import *\n", {CLEAN, FINDINGS}),
    "return at the top": ("return 1\n", {FINDINGS}),
    "yield at the top": ("yield 1\n", {FINDINGS}),
    "await at the top": ("await x\n", {FINDINGS}),
    "break outside": ("break\n", {FINDINGS}),
    "duplicate parameters": ("def f(a, a): pass\n", {FINDINGS}),
    "nonlocal at the top": ("nonlocal x\n", {FINDINGS}),
    "future too late": ("x = 1\nfrom __future__ import annotations, braces\n", {CLEAN, FINDINGS}),
    "broken type comment": ("x = []  # type: list[\n", {FINDINGS}),
    "misplaced type comment": ("if x:  # type: int\n    pass\nx = 1  # type: int, str\n", {FINDINGS}),
    "odd directive": ("# mypy: no-such-option, =, [a\nx = 1\n", {FINDINGS}),
    "carriage returns": ("x: int = 1\ry: int = 2\r\n", {CLEAN}),
    "only blanks": ("   \n\t\n", {CLEAN, FINDINGS}),
    "decorated by anything": ("@(lambda f: f)\n@[print][0]\ndef f(x: int) -> int:\n    return x\n", {CLEAN, FINDINGS}),
    "odd starter-like names": ("class Solution: f = None; del f\ndel Solution\n", {CLEAN, FINDINGS}),
}
STARTER = "class Solution:\n    def f(self, x):"


@pytest.mark.parametrize("policy", ["checker", "hardened"])
@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_an_answer(name: str, policy: str, request: pytest.FixtureRequest) -> None:
    checker: Checker = request.getfixturevalue(policy)
    code, expected = BAD[name]
    if policy == "hardened":
        expected = expected | {FINDINGS} if CLEAN in expected else expected
    checker.check(["x = 1\n"])  # the worker is up
    (pid,) = checker.worker_pids()
    began = time.monotonic()
    (analysis,) = checker.check([Submission(code, STARTER)])
    assert analysis.status in expected, analysis
    assert time.monotonic() - began < 20  # far below the deadline after which a child is killed
    assert checker.worker_pids() == [pid]


@pytest.mark.parametrize("policy", ["checker", "hardened"])
def test_bad_input_together_is_as_bad_input_alone(policy: str, request: pytest.FixtureRequest) -> None:
    checker: Checker = request.getfixturevalue(policy)
    codes = [code for code, _ in BAD.values()]
    together = checker.check([Submission(code, STARTER) for code in codes])
    assert dict(zip(BAD, together, strict=True)) == {
        name: checker.check([Submission(code, STARTER)])[0] for name, (code, _) in BAD.items()
    }


def test_advice_survives_bad_input() -> None:
    with Checker(advice=True) as checker:
        for analysis in checker.check([Submission(code, STARTER) for code, _ in BAD.values()]):
            assert analysis.status is not ERROR
