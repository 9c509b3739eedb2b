"""Imports that count as if they stood before a program, without getting in its way."""

from collections.abc import Iterator

import pytest

from real.errors import UsageError
from real.typecheck import Checker
from real.typecheck.preamble import PREAMBLES, Preamble, parse_imports
from real.types import Analysis, AnalysisStatus

ALGORITHMS = PREAMBLES["algorithms"]


@pytest.fixture(scope="module")
def contest() -> Iterator[Checker]:
    with Checker(policy="hardened", preamble=ALGORITHMS) as running:
        yield running


@pytest.mark.parametrize(
    "code",
    [
        "class Solution:\n    def f(self, xs: List[int]) -> Optional[int]:\n        return max(xs) if xs else None\n",
        "def f(xs: 'List[int]') -> 'Dict[int, int]':\n    return dict(Counter(xs))\n",
        "def f(n: int) -> float:\n    return math.sqrt(gcd(n, 12)) + heapq.nsmallest(1, [n])[0]\n",
        # What would clash if the preamble were put there as text:
        "from collections import Counter, deque\ndef f(x: list[int]) -> Counter[int]:\n    return Counter(deque(x))\n",
        "def gcd(a: int, b: int) -> int:\n    return gcd(b, a % b) if b else a\nprint(gcd(4, 6))\n",
        "def f(product: int, count: int) -> int:\n    return product * count\n",
        "class Text:\n    size = 1\nprint(Text().size)\n",
        "import math as re\nprint(re.pi)\n",
        "from __future__ import annotations\ndef f(xs: List[int]) -> List[int]:\n    return xs\n",
    ],
)
def test_the_usual_names_are_there_and_do_not_clash(code: str, contest: Checker) -> None:
    assert contest.check([code]) == [Analysis(AnalysisStatus.CLEAN)]


def test_without_it_they_are_not(hardened: Checker) -> None:
    (analysis,) = hardened.check(["def f(xs: List[int]) -> int:\n    return len(xs)\n"])
    assert [finding.rule for finding in analysis.findings] == ["mypy:name-defined"]


def test_lines_count_without_the_preamble(contest: Checker) -> None:
    code = "x: List[int] = [math.pi]\ndef f(a: int) -> int:\n    return a\ndef f(a: str) -> str:\n    return a\n"
    first, second = contest.check([code, "def f(:\n"])
    assert [(f.rule, f.line) for f in first.findings] == [("mypy:list-item", 1), ("mypy:no-redef", 4)]
    assert first.findings[1].message == 'Name "f" already defined on line 2'
    assert second.reason.startswith("syntax error in line 1")


def test_the_preamble_is_no_way_in(contest: Checker) -> None:
    (analysis,) = contest.check(["def f(x: Any) -> Any:\n    return x\n"])
    assert "hatch:any" in {finding.rule for finding in analysis.findings}


def test_only_what_a_program_mentions_and_does_not_bind_is_put_before_it() -> None:
    imports = parse_imports("import os, re as r\nfrom m import *\nfrom n import b\n")
    preamble = Preamble(imports, lambda _: {"a", "b", "c"})
    assert preamble.before("print(a, b)\n") == "from m import a\nfrom n import b\n"
    assert preamble.before("b = r\n") == "import re as r\n"
    assert preamble.before("os = 1\n") == ""
    assert preamble.before("") == ""


@pytest.mark.parametrize(
    ("preamble", "message"),
    [
        ("x = 1\n", "absolute imports only"),
        ("from . import x\n", "absolute imports only"),
        ("from __future__ import annotations\n", "absolute imports only"),
        ("import\n", "cannot be parsed"),
        ("from nowhere import *\n", "nowhere"),
        ("from math import nothing\n", "does not pass by itself"),
    ],
)
def test_a_preamble_that_cannot_be_used(preamble: str, message: str) -> None:
    with pytest.raises(UsageError, match=message), Checker(preamble=preamble) as checker:
        checker.check(["x = 1\n"])
