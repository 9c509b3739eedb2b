"""Typed references: an annotated program passes its tests and the hardened checker, or is refused with a reason."""

import ast
import textwrap

import pytest

from real.datasets.annotate.annotator import Annotator
from real.datasets.annotate.normalise import normalise
from real.datasets.annotate.observations import observe, unpack
from real.datasets.annotate.program import Program
from real.datasets.annotate.rename import rename_from
from real.datasets.annotate.shapes import UNKNOWN, Renderer, merged
from real.datasets.annotate.tracer import merge, shape_of
from real.execution import Pool
from real.typecheck import Checker
from real.types import AnalysisStatus, CallCase, CallSuite, OutcomeStatus, TestOutcome


@pytest.fixture(scope="module")
def tools():
    with Pool(1) as pool, Checker(1) as checker:
        yield pool, checker


def suite(entry, *cases):
    return CallSuite(entry, tuple(CallCase(expected, args) for args, expected in cases), prelude=True)


PROGRAMS = {
    "a parameter that becomes a text": (
        "def f(n):\n    n = str(n)\n    return [int(d) for d in n]",
        suite("f", ((12,), [1, 2]), ((7,), [7])),
        "def f(n: int) -> list[int]:",
    ),
    "an empty list that is filled elsewhere": (
        "def f(n):\n    a, b = [], {}\n    for i in range(n):\n        g(a, b, i)\n    return a\n"
        "def g(a, b, i):\n    a.append(i)\n    b[i] = str(i)",
        suite("f", ((3,), [0, 1, 2])),
        "b: dict[int, str]",
    ),
    "a result that is None at times": (
        "def f(s, c):\n    if c in s:\n        return s.index(c)",
        suite("f", (("ab", "b"), 1), (("ab", "c"), None)),
        "-> int | None:",
    ),
    "whole and broken numbers": (
        "def f(x, y):\n    t = 0\n    for v in x:\n        t += v / y\n    return t",
        suite("f", (([1, 2], 2), 1.5), (([], 1), 0)),
        "-> float:",
    ),
    "a lambda bound to a name": ("f = lambda a, b: a + b", suite("f", ((1, 2), 3)), "def f(a: int, b: int) -> int:"),
    "names that no import brings": (
        "def f(s):\n    c = Counter(s)\n    return max(c, key=c.get)",
        suite("f", (("aab",), "a")),
        "from collections import Counter",
    ),
    "a nested generator and a memory": (
        "def f(n, seen=None):\n    seen = seen or {}\n    def up():\n        for i in range(n):\n"
        "            seen[i] = i * i\n            yield seen[i]\n    return sum(up())",
        suite("f", ((4,), 14)),
        "def up() -> Iterator[int]:",
    ),
    "attributes of a class": (
        "class Solution:\n    def __init__(self):\n        self.seen = {}\n    def f(self, w):\n"
        "        for x in w:\n            self.seen.setdefault(x, []).append(len(x))\n"
        "        return sorted(self.seen.items())",
        suite("Solution.f", ((["a", "bb"],), [["a", [1]], ["bb", [2]]])),
        "self.seen: dict[str, list[int]] = {}",
    ),
    "a power, whose type MyPy does not know": (
        "def f(a, b):\n    return a ** b",
        suite("f", ((2, 3), 8), ((5, 0), 1)),
        "return int(a ** b)",
    ),
    "a star import": (
        "from math import *\ndef f(x):\n    return floor(x)",
        suite("f", ((2.5,), 2)),
        "from math import floor",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_annotated_program_passes_its_tests_and_the_hardened_checker(tools, name):
    pool, checker = tools
    code, tests, expected = PROGRAMS[name]
    typed = Annotator(pool, checker).annotate(code, tests, None)
    assert typed.code is not None, typed.reason
    assert expected in typed.code
    assert checker.check([typed.code])[0].status is AnalysisStatus.CLEAN  # the judge, asked once more
    assert Annotator(pool, checker).passes(typed.code, tests)
    assert not {"Any", "cast", "ignore"} & set(ast.unparse(ast.parse(typed.code)).replace("[", " ").split())


def test_what_cannot_be_typed_is_refused_with_the_last_finding(tools):
    code = "def f(a):\n    return eval(a)"
    typed = Annotator(*tools).annotate(code, suite("f", (("1 + 1",), 2)), None)
    assert typed.code is None
    assert typed.reason.startswith(("hatch:dynamic-code", "mypy:"))


def test_a_solution_that_fails_a_test_is_not_annotated(tools):
    typed = Annotator(*tools).annotate("def f(a):\n    return a", suite("f", ((1,), 2)), None)
    assert typed.code is None and "fails a test" in typed.reason


def test_parameters_take_the_names_of_the_starter(tools):
    code = "def f(x, y):\n    return x - y"
    typed = Annotator(*tools).annotate(code, suite("f", ((3, 1), 2)), "def f(left, right):")
    assert typed.code is not None and "def f(left: int, right: int) -> int:" in typed.code


def test_a_failing_or_endless_call_costs_no_observation_of_the_others(tools):
    code = "def f(n):\n    if n < 0:\n        raise ValueError\n    return [n]"
    observed = observe(tools[0], code, suite("f", ((-1,), None), ((2,), [2])))
    assert observed.seen["f:return"] == {"list": [{"int": []}]}


@pytest.mark.parametrize("claim", ["'not packed'", "17", "", "['list']", "'" + "0" * 40 + "'"])
def test_a_forged_observation_is_no_observation(claim):
    observed = unpack(TestOutcome(OutcomeStatus.WRONG, output=claim))
    assert not observed.seen and observed.reason


def test_shapes_merge_and_render():
    shape = merge(shape_of([1, 2.5, None]), shape_of([]))
    assert Renderer({}).render(shape) == "list[float | None]"
    assert Renderer({}).render(merged(shape_of((1, "a")), shape_of((1, 2, 3)))) == "tuple[int | str, ...]"
    assert Renderer({}).render(shape_of({"a": [(1, 2)]})) == "dict[str, list[tuple[int, int]]]"
    assert Renderer({}).render(shape_of([])) == f"list[{UNKNOWN}]"
    seen = {"g:param:x": {"int": []}, "g:return": {"str": []}}
    assert Renderer(seen).render({"function:g": []}) == "Callable[[int], str]"


RENAMES = {
    "straight on": ("def f(n):\n    a = n\n    n = str(n)\n    return n + str(a)", 3, True),
    "in a branch, not read after it": (
        "def f(n):\n    if n:\n        n = str(n)\n        return n\n    return ''",
        3,
        True,
    ),
    "in a branch, read after it": ("def f(n):\n    if n:\n        n = str(n)\n    return n", 3, False),
    "read earlier in the loop": ("def f(n):\n    for i in n:\n        print(n)\n        n = str(n)\n", 4, False),
    "bound by the loop itself": ("def f(n):\n    for i in n:\n        i = str(i)\n        print(i)\n", 3, True),
    "a name of another scope": ("def f():\n    global n\n    n = str(1)\n    return n", 3, False),
}


@pytest.mark.parametrize("name", RENAMES)
def test_a_variable_is_renamed_only_where_nothing_else_can_see_it(name):
    code, line, possible = RENAMES[name]
    program = Program(code, {}, "int")
    variable = "i" if "i = str" in code else "n"
    statement = program.statement(line)
    assert rename_from(program, statement, variable, "text") is possible
    if possible:
        assert f"{variable}_text" in program.text()


def test_normalising_drops_what_no_test_runs():
    code = textwrap.dedent("""
        from typing import *
        def f(x):
            return 1
        def f(x: List[int]):
            return 2
            print("never")
        if __name__ == "__main__":
            f(3)
    """)
    assert normalise(code, "f", None) == "from typing import List\n\ndef f(x: List[int]):\n    return 2\n"
