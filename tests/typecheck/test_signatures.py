"""The starter code's interface: what may be added and what may not be changed."""

import pytest

from real.typecheck import Checker, Submission
from real.typecheck.hardened.starter import StarterError, parse_starter
from real.types import AnalysisStatus

CLASS = "class Solution:\n    def find(self, text: str, start: int = 0) -> int:"

# name: (program, starter code, the finding that has to be there)
CHANGED = {
    "renamed parameter": ("def f(m: int) -> int:\n    return m\n", "def f(n):", "signature:parameters"),
    "dropped parameter": ("def f(a: int) -> int:\n    return a\n", "def f(a, b):", "signature:parameters"),
    "added parameter": ("def f(a: int, memo: int = 0) -> int:\n    return a\n", "def f(a):", "signature:parameters"),
    "another order": ("def f(b: int, a: int) -> int:\n    return a\n", "def f(a, b):", "signature:parameters"),
    "keyword only": ("def f(a: int, *, b: int) -> int:\n    return a\n", "def f(a, b):", "signature:parameters"),
    "positional only": ("def f(a: int, /) -> int:\n    return a\n", "def f(a):", "signature:parameters"),
    "star dropped": ("def f(values: int) -> int:\n    return values\n", "def f(*values):", "signature:parameters"),
    "changed default": ("def f(a: int = 2) -> int:\n    return a\n", "def f(a=1):", "signature:default"),
    "new default": ("def f(a: int = 2) -> int:\n    return a\n", "def f(a):", "signature:default"),
    "lost default": ("def f(a: int) -> int:\n    return a\n", "def f(a=1):", "signature:default"),
    "renamed function": ("def g(a: int) -> int:\n    return a\n", "def f(a):", "signature:missing"),
    "renamed method": (
        "class Solution:\n    def search(self, text: str, start: int = 0) -> int:\n        return start\n",
        CLASS,
        "signature:missing",
    ),
    "renamed class": (
        "class Answer:\n    def find(self, text: str, start: int = 0) -> int:\n        return start\n",
        CLASS,
        "signature:missing",
    ),
    "static method": (
        "class Solution:\n    @staticmethod\n    def find(self: int, text: str, start: int = 0) -> int:\n"
        "        return start\n",
        CLASS,
        "signature:form",
    ),
    "class for a function": (
        "class f:\n    def __init__(self, a: int) -> None:\n        self.a = a\n",
        "def f(a):",
        "signature:form",
    ),
    "async": ("async def f(a: int) -> int:\n    return a\n", "def f(a):", "signature:form"),
    "bound to another function": (
        "def g(a: int) -> int:\n    return a\ndef f(a: int) -> int:\n    return a\nf = g\n",
        "def f(a):",
        "signature:rebound",
    ),
    "assigned from inside": (
        "def f(a: int) -> int:\n    return a\ndef g() -> None:\n    global f\n    f = abs\n",
        "def f(a):",
        "signature:rebound",
    ),
    "imported": ("from math import sqrt as f\n", "def f(a):", "signature:rebound"),
    "swallowing decorator": (
        "from collections.abc import Callable\n"
        "def loose(g: Callable[[int], int]) -> Callable[..., int]:\n"
        "    def inner(*args: int, **kwargs: int) -> int:\n        return g(*args, **kwargs)\n    return inner\n"
        "@loose\ndef f(a: int) -> int:\n    return a\n",
        "def f(a):",
        "signature:rebound",
    ),
    "swallowed": ("def f(*args: int) -> int:\n    return sum(args)\n", "def f(a, b):", "signature:swallowed"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_interface_is_a_finding(name: str, hardened: Checker) -> None:
    code, starter, rule = CHANGED[name]
    (analysis,) = hardened.check([Submission(code, starter)])
    assert analysis.status is AnalysisStatus.FINDINGS
    assert rule in {finding.rule for finding in analysis.findings}


@pytest.mark.parametrize("name", CHANGED)
def test_paper_does_not_look_at_signatures(name: str, checker: Checker) -> None:
    code, starter, _ = CHANGED[name]
    assert checker.check([Submission(code, starter)]) == checker.check([code])


def test_the_message_says_what_is_other(hardened: Checker) -> None:
    (analysis,) = hardened.check([Submission("def f(a: int, c: int) -> int:\n    return a + c\n", "def f(a, b):")])
    (finding,) = analysis.findings
    assert (finding.line, finding.message) == (1, "f has the parameters (a, c), not (a, b)")
    assert finding.fix == "Take the parameters of the starter code over as they are, and add annotations."


def test_the_same_program_may_answer_one_task_and_not_another(hardened: Checker) -> None:
    code = "def f(a: int) -> int:\n    return a\n"
    first, second = hardened.check([Submission(code, "def f(a):"), Submission(code, "def f(b):")])
    assert (first.status, second.status) == (AnalysisStatus.CLEAN, AnalysisStatus.FINDINGS)


@pytest.mark.parametrize(
    ("code", "titles"),
    [
        ("def f(a, b=1):", ["f"]),
        ("def f(\n    a,\n    b,  # the second: one\n):\n", ["f"]),
        ("class Solution:\n    def f(self, a: int) -> int:\n", ["Solution.f"]),
        ("class A:\n\n    def __init__(self):\n        \n\n    def g(self, x):\n", ["A.__init__", "A.g"]),
        ("# Definition\n# class Node:\nclass Solution:\n\tdef f(self, n: 'Node') -> 'Node':", ["Solution.f"]),
        ("def f(s):\n    return\n\nif __name__ == '__main__':\n    print(f(input()))", ["f"]),
        ("async def f(a):", ["f"]),
        ("", []),
    ],
)
def test_starter_code_without_bodies(code: str, titles: list[str]) -> None:
    assert [wanted.title for wanted in parse_starter(code).functions] == titles


@pytest.mark.parametrize("code", ["def f(:", "def f(a)\n", "x = (", "def f(a):\n  x\n y\n"])
def test_starter_code_that_cannot_be_read(code: str, hardened: Checker) -> None:
    with pytest.raises(StarterError):
        parse_starter(code)
    (analysis,) = hardened.check([Submission("def f(a: int) -> int:\n    return a\n", code)])
    assert analysis.status is AnalysisStatus.ERROR  # the data's fault: masked, never held against the program
    assert analysis.reason.startswith("the starter code cannot be read")


def test_a_separator_within_a_string_ends_no_line_of_a_starter() -> None:
    starter = parse_starter('LINE = "a\u2028b\x0cc"\ndef f(x: int) -> int:\r\n\n')
    assert [asked.name for asked in starter.functions] == ["f"]
