"""Advice: shown on request, and no reason to fail a program."""

from collections.abc import Iterator

import pytest

from real.typecheck import Checker
from real.typecheck.hardened.program_tree import ProgramTree
from real.typecheck.hardened.syntax_passes import advice
from real.types import AnalysisStatus


@pytest.fixture(scope="module")
def advising() -> Iterator[Checker]:
    with Checker(policy="hardened", advice=True) as running:
        yield running


def found(code: str, starter: str | None = None) -> list[tuple[str, int]]:
    return sorted((finding.rule, finding.line) for finding in advice(ProgramTree(code), starter))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os\n", [("unused:import", 1)]),
        ("import os.path as p, sys\nprint(sys)\n", [("unused:import", 1)]),
        ("from typing import List\ndef f(x: 'List[int]') -> None:\n    print(x)\n", []),
        ("__all__ = ['dumps']\nfrom json import dumps\n", []),
        ("def f() -> None:\n    x = 1\n", [("unused:variable", 2)]),
        ("def f() -> None:\n    _x, y = 1, 2\n    print(y)\n", []),
        (
            "def f() -> None:\n    try:\n        pass\n    except ValueError as e:\n        pass\n",
            [("unused:variable", 4)],
        ),
        ("def _f() -> None:\n    pass\n", [("unused:function", 1)]),
        ("def _f() -> None:\n    _f()\n", [("unused:function", 1)]),
        ("def _f() -> None:\n    pass\n_f()\n", []),
        ("class _A:\n    pass\n", [("unused:function", 1)]),
        ("def f() -> None:\n    pass\n", []),
        ("def f(x: int, y: int) -> int:\n    return x\n", [("unused:parameter", 1)]),
        ("def f(x: int, _y: int, *rest: int) -> int:\n    return x\n", [("unused:parameter", 1)]),
        ("def f(x: int) -> int: ...\n", []),
        ("def f(x: int) -> int:\n    'Text.'\n    raise NotImplementedError\n", []),
        ("def f(x: int) -> int:\n    def g() -> int:\n        return x\n    return g()\n", []),
        ("class A:\n    def f(self, x: int) -> int:\n        return 1\n", [("unused:parameter", 2)]),
        ("class A:\n    def __exit__(self, *args: object) -> None:\n        print(self)\n", []),
        ("def addOne(x: int) -> int:\n    return x\n", [("naming:pep8", 1)]),
        ("class my_class:\n    pass\n", [("naming:pep8", 1)]),
        ("def f(aB: int) -> int:\n    return aB\n", [("naming:pep8", 1)]),
        ("def f() -> int:\n    aB = 1\n    return aB\n", [("naming:pep8", 2)]),
        ("class A:\n    def f(x: int) -> int:\n        return x\n", [("naming:pep8", 2)]),
        ("MAX_SIZE = 3\n_cache = {1: 2}\n\n\nclass HTTPError(Exception):\n    pass\n", []),
    ],
)
def test_what_is_advised(code: str, expected: list[tuple[str, int]]) -> None:
    assert found(code) == expected


def test_names_of_the_starter_code_are_not_ours_to_judge() -> None:
    starter = "class Solution:\n    def addOne(self, firstValue):"
    code = "class Solution:\n    def addOne(self, firstValue: int) -> int:\n        return 1\n"
    assert found(code) == [("naming:pep8", 2), ("naming:pep8", 2), ("unused:parameter", 2)]
    assert found(code, starter) == []


def test_helpers_that_nothing_calls_count_once_a_function_was_asked_for() -> None:
    code = "def helper() -> int:\n    return 1\n\n\ndef f(n: int) -> int:\n    return n\n"
    assert found(code) == []
    assert found(code, "def f(n):") == [("unused:function", 1)]


def test_advice_does_not_change_the_status(advising: Checker, hardened: Checker) -> None:
    code = "import os\n\n\ndef addOne(x: int) -> int:\n    return x + 1\n"
    (analysis,) = advising.check([code])
    assert analysis.status is AnalysisStatus.CLEAN
    assert [finding.rule for finding in analysis.findings] == ["unused:import", "naming:pep8"]
    assert hardened.check([code])[0].findings == ()


def test_advice_and_findings_are_listed_by_place(advising: Checker) -> None:
    (analysis,) = advising.check(["import os\nx: int = 'a'\n\n\ndef addOne(x: int) -> int:\n    return x\n"])
    assert analysis.status is AnalysisStatus.FINDINGS
    assert [finding.line for finding in analysis.findings] == [1, 2, 5]
