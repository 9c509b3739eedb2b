"""What the tests supply the type checker supplies: nothing more, nothing less, and never in the way of own names."""

import ast
import builtins
import importlib

import pytest

from real import prelude
from real.execution.jail.prelude import supply
from real.typecheck import Checker, Submission
from real.typecheck.hardened.blind_spots import CHECKER_ONLY_NAMES
from real.typecheck.supplied_names import SuppliedNames
from real.typecheck.warm_mypy import WarmMypy
from real.types import Analysis, AnalysisStatus, CallCase, CallSuite, Check, LiteralSuite, ScriptSuite, Task

CLEAN = AnalysisStatus.CLEAN


@pytest.fixture(scope="module")
def mypy() -> WarmMypy:
    return WarmMypy()


def contest(checker: Checker, code: str, starter: str | None = None) -> Analysis:
    (analysis,) = checker.check([Submission(code, starter, prelude=True)])
    return analysis


def with_setup(checker: Checker, setup: str, code: str) -> Analysis:
    (analysis,) = checker.check([Submission(code, setup=setup)])
    return analysis


@pytest.mark.parametrize(
    "code",
    [
        "class Solution:\n    def f(self, xs: List[int]) -> Optional[int]:\n        return max(xs) if xs else None\n",
        "def f(xs: 'List[int]') -> 'Dict[int, int]':\n    return dict(Counter(xs))\n",
        "def f(n: int) -> float:\n    return math.sqrt(gcd(n, 12)) + heapq.nsmallest(1, [n])[0]\n",
        "def f(n: int) -> float:\n    return float(np.sqrt(n))\n",
        "@lru_cache(None)\ndef f(n: int) -> int:\n    return n\n",
        # What would clash if the header were put there as text:
        "from collections import Counter, deque\ndef f(x: list[int]) -> Counter[int]:\n    return Counter(deque(x))\n",
        "def gcd(a: int, b: int) -> int:\n    return gcd(b, a % b) if b else a\nprint(gcd(4, 6))\n",
        "def f(product: int, count: int) -> int:\n    return product * count\n",
        "class Text:\n    size = 1\nprint(Text().size)\n",
        "import math as re\nprint(re.pi)\n",
        "from __future__ import annotations\ndef f(xs: List[int]) -> List[int]:\n    return xs\n",
        "from collections.abc import Sequence, Iterable\ndef f(x: Sequence[int]) -> Iterable[int]:\n    return x\n",
        "from collections.abc import *\ndef f(x: Sequence[int]) -> Iterable[int]:\n    return x\n",
        "from typing import *\ndef f(x: List[int]) -> Sequence[int]:\n    return x\n",
        "from math import *\ndef f(x: int) -> float:\n    return sqrt(gcd(x, 2))\n",
        "from typing import List as L, List\ndef f(x: L[int]) -> List[int]:\n    return x\n",
        "import typing\nimport typing as t\ndef f(x: typing.List[int]) -> t.List[int]:\n    return x\n",
        "import sys\nif sys.argv:\n    cache = 'a'\nelse:\n    cache = 'b'\nprint(cache)\n",
        # Every way to bind a name of the header, each to something of another type:
        "print([(count := 'a') for _ in range(2)], count)\n",
        "try:\n    print(1)\nexcept ValueError as count:\n    print(count.args)\n",
        "def f() -> None:\n    global count\n    count = 'a'\ncount = 'b'\nprint(count)\n",
        "def f(x: object) -> None:\n    match x:\n        case {'a': 1, **count}:\n            print(count)\n",
        "match [1, 2]:\n    case [1, *product]:\n        print(product)\n",
        "for index in 'ab':\n    print(index)\nwith open('a') as log:\n    print(log)\n",
        "class floor:\n    pass\nprint(floor())\n",
        "pi: str = 'a'\ndel pi\n",
        "(e, (pi, [*tau])) = 'a', ('b', 'c')\nprint(e, pi, tau)\n",
    ],
)
def test_the_usual_names_are_there_and_do_not_clash(code: str, hardened: Checker) -> None:
    assert contest(hardened, code) == Analysis(CLEAN)


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("def f(xs: List[int]) -> Optional[int]:\n    return max(xs) if xs else None\n", []),
        ("def f(x: List[int]) -> int:\n    return len(x)\nfrom typing import List\n", []),
        ("x = 1\nprint(math.pi, x)\n", [("mypy:name-defined", 2)]),
        ("class Text:\n    size = 1\n", [("mypy:no-redef", 1)]),
    ],
)
def test_the_policy_paper_supplies_typing_by_a_star_import_and_nothing_else(
    checker: Checker, code: str, rules: list[tuple[str, int]]
) -> None:
    assert [(finding.rule, finding.line) for finding in contest(checker, code).findings] == rules


def test_an_import_below_the_first_use_is_not_punished(hardened: Checker) -> None:
    """The run knows the name from the beginning; so does a MyPy that reads the header first."""
    code = "def f(x: List[int]) -> int:\n    return len(x)\nfrom typing import List\n"
    assert contest(hardened, code) == Analysis(CLEAN)


def test_a_decorator_of_the_header_keeps_the_signature(hardened: Checker) -> None:
    code = "@lru_cache(maxsize=None)\ndef solve(n: int) -> int:\n    return n\n"
    assert contest(hardened, code, "def solve(n):") == Analysis(CLEAN)


def test_without_it_the_names_are_unknown(hardened: Checker) -> None:
    (analysis,) = hardened.check(["def f(xs: List[int]) -> int:\n    return len(xs)\n"])
    assert [finding.rule for finding in analysis.findings] == ["mypy:name-defined"]


def test_lines_count_without_what_is_supplied(hardened: Checker) -> None:
    code = "x: List[int] = [math.pi]\ndef f(a: int) -> int:\n    return a\ndef f(a: str) -> str:\n    return a\n"
    first, second = hardened.check([Submission(code, prelude=True), Submission("def f(:\n", prelude=True)])
    assert [(f.rule, f.line) for f in first.findings] == [("mypy:list-item", 1), ("mypy:no-redef", 4)]
    assert first.findings[1].message == 'Name "f" already defined on line 2'
    assert second.reason.startswith("syntax error in line 1")


def test_the_header_is_no_way_in(hardened: Checker) -> None:
    analysis = contest(hardened, "def f(x: Any) -> Any:\n    return cast(int, x)\n")
    assert "hatch:any" in {finding.rule for finding in analysis.findings}


def test_the_type_checker_knows_what_the_run_knows(mypy: WarmMypy) -> None:
    """Both directions, name by name; what only one of them knew would be punished or rewarded for nothing."""
    known = SuppliedNames(mypy.exported).names()
    everything = {name for module in prelude.STARRED for name in vars(importlib.import_module(module))}
    mentioned = everything | {"List", "np", "math", "nothing", "_T", "print"} | known
    assert set(supply(mentioned, prelude.in_text(" ".join(mentioned)))) == known
    assert {"List", "np", "math", "gcd"} <= known


def test_every_supplied_name_is_one_that_mypy_accepts(hardened: Checker, mypy: WarmMypy) -> None:
    names = sorted(SuppliedNames(mypy.exported).names())
    (analysis,) = hardened.check([Submission("".join(f"print({name})\n" for name in names), prelude=True)])
    assert {f.rule for f in analysis.findings if f.rule.startswith("mypy:")} <= {"mypy:type-abstract"}


def test_names_of_the_stubs_that_python_lacks_are_found_in_hardened(mypy: WarmMypy, hardened: Checker) -> None:
    """MyPy's builtins against the interpreter's: a name that only the type checker knows ends the run."""
    only = {name for name in mypy.exported("builtins") if not hasattr(builtins, name)}
    assert only == CHECKER_ONLY_NAMES
    for name in only:
        (analysis,) = hardened.check([f"def f(x: int) -> int:\n    print({name})\n    return x\n"])
        assert "hatch:checker-only-name" in {finding.rule for finding in analysis.findings}
    code = (
        "from typing import reveal_type\ndef function(x: int) -> int:\n    return reveal_type(x)\nprint(function(1))\n"
    )
    assert hardened.check([code]) == [Analysis(CLEAN)]


@pytest.mark.parametrize(
    ("setup", "code"),
    [
        ("import re\n", "def f(x: str) -> bool:\n    return re.match('a', x) is not None\n"),
        ("import os.path as p, sys\n", "print(p.sep, sys.argv)\n"),
        ("users = {'a': 1}\n", "def f(x: str) -> int:\n    return users[x]\n"),
        ("from queue import Queue\njobs: 'Queue[int]' = Queue()\n", "def f() -> int:\n    return jobs.get()\n"),
        (
            "class User:\n    name: str = 'a'\nroot = User()\n",
            "def f(x: User) -> str:\n    return x.name + root.name\n",
        ),
        ("def helper(x):\n    return bad +\n", "print(1)\n"),  # cannot be read: supplies nothing
        ("a, b = 1, 2\n", "print(a + b)\n"),
        # Own names win, and the mistakes of the set-up code are nobody's.
        ("limit = 3\n", "limit: str = 'a'\nprint(limit)\n"),
        ("x: int = 'a'\ny = x\n", "print(y)\n"),
    ],
)
def test_set_up_code_counts_as_if_it_had_run(setup: str, code: str, hardened: Checker) -> None:
    assert with_setup(hardened, setup, code) == Analysis(CLEAN)


def test_set_up_code_does_not_hide_what_the_program_does_wrong(checker: Checker) -> None:
    analysis = with_setup(checker, "users = {'a': 1}\n\n\n", "def f(x: str) -> str:\n    return users[x]\n")
    assert [(f.rule, f.line) for f in analysis.findings] == [("mypy:return-value", 2)]


def test_a_task_says_what_is_supplied() -> None:
    def task(tests: CallSuite | LiteralSuite | ScriptSuite) -> Task:
        return Task("a", "b", "test", (), tests, (Check.MAINTAINABILITY,), starter_code="def f():")

    cases = (CallCase(1),)
    assert Submission.of(task(CallSuite("f", cases, prelude=True)), "x") == Submission("x", "def f():", True)
    assert Submission.of(task(CallSuite("f", cases)), "x") == Submission("x", "def f():")
    assert Submission.of(task(LiteralSuite("f", (), "import re")), "x") == Submission(
        "x", "def f():", False, "import re"
    )
    assert Submission.of(task(ScriptSuite(())), "x") == Submission("x", "def f():")


def test_only_what_a_program_mentions_and_does_not_bind_is_put_before_it() -> None:
    names = SuppliedNames(lambda module: vars(importlib.import_module(module)))
    found = names.for_program(Submission("print(gcd, np)\n", prelude=True))
    assert found.text == "from math import gcd\nimport numpy as np\n"
    assert found.imported == {"gcd": "math.gcd", "np": "numpy"}
    assert found.lines == 2
    assert names.for_program(Submission("gcd = np = 1\n", prelude=True)).text == ""
    assert names.for_program(Submission("", prelude=True)).text == ""
    assert names.for_program(Submission("print(gcd)\n")).text == ""
    for statement in names.for_program(Submission("".join(names.names()), prelude=True)).text.splitlines():
        assert isinstance(ast.parse(statement).body[0], (ast.Import, ast.ImportFrom))
