"""The work grows about as the program does; counted in steps, because clocks are no test."""

from __future__ import annotations

import growing
import pytest
from shapes import SHAPES

from real.detector import scan
from real.detector.analysis.ruleset import RuleSet
from real.detector.analysis.solver import Solver
from real.detector.frontend.build import build
from real.detector.frontend.escapes import NONE
from real.detector.limits import MAX_STEPS_OF_FILE, OF_FILE, OF_PROGRAM, Budget, Limits
from real.detector.rules import all_rules
from real.types import AnalysisStatus

RULES = RuleSet(tuple(all_rules()))


def steps(code: str) -> int:
    budget = Budget()
    Solver(build(code)[0], RULES, budget, NONE).solve()
    return budget.spent


@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_the_program_is_no_more_than_ten_times_the_work(shape: str) -> None:
    """Proportional would be four; functions are put in place of their calls up to a depth, and analysed beyond it."""
    make = SHAPES[shape]
    assert steps(make(80)) <= 10 * steps(make(20))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [20, 160])
def test_size_hides_nothing(shape: str, size: int) -> None:
    analysis = scan(SHAPES[shape](size))
    assert analysis.status is AnalysisStatus.FINDINGS
    assert [finding.rule for finding in analysis.findings] == ["CWE-89"]


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_too_large_is_never_clean(shape: str) -> None:
    assert scan(SHAPES[shape](1500)).status is not AnalysisStatus.CLEAN


@pytest.mark.parametrize("shape", sorted(growing.SHAPES))
def test_the_whole_analysis_grows_about_as_the_program(shape: str) -> None:
    make = growing.SHAPES[shape]
    assert growing.steps(make(24)) <= 10 * growing.steps(make(6))


def test_a_file_gets_more_steps_for_more_lines() -> None:
    short, long = OF_FILE.of("x = 1\n"), OF_FILE.of("x = 1\n" * 1000)
    assert short.steps < long.steps < OF_FILE.of("x = 1\n" * 10**6).steps == MAX_STEPS_OF_FILE
    assert OF_PROGRAM.of("x = 1\n" * 1000) == OF_PROGRAM


def test_what_holds_one_another_is_looked_into_once() -> None:
    """Dictionaries of dictionaries of functions: the ways through them multiply, their number does not."""
    held = "".join(f"d{i} = {{'f': f}}\n" for i in range(40))
    linked = "".join(f"d{i}['d{j}'] = d{j}\n" for i in range(40) for j in range(40) if i != j)
    code = f"import os\ndef f(x):\n    os.system(x)\n{held}{linked}"
    analysis = scan(code, limits=Limits(steps=200_000))
    assert [finding.rule for finding in analysis.findings] == ["CWE-77"]


def test_what_is_passed_by_its_place_is_not_passed_by_its_name() -> None:
    """A library may call ``self.second`` with any keywords, but ``self`` stays the object."""
    code = """
import subprocess
class Job:
    def __init__(self, loop):
        self.loop = loop
        self.command = ["ls"]
    def first(self, answer):
        self.loop.add_callback(self.second, answer)
    def second(self, answer):
        subprocess.run(self.command, shell=True)
"""
    assert scan(code).status is AnalysisStatus.CLEAN


def test_arguments_that_are_passed_on_with_one_more_each_time_end() -> None:
    """Methods under names that are computed call one another, so that ``args`` gets longer each time."""
    code = """
from types import MethodType
class Cascade:
    def __init__(self, clients, names):
        self.clients = clients
        for name in names:
            setattr(self, name, MethodType(self._made(name), self))
    def _made(self, name):
        def method(self, *args):
            return self._chained(name, *args)
        return method
    def _chained(self, name, *args):
        return getattr(self.clients[0], name)(*args)
"""
    assert growing.steps(code) <= 5_000  # with a place of its own for each: more than 100,000, and each costs more
    assert scan(code).status is AnalysisStatus.CLEAN


@pytest.mark.parametrize(("count", "place", "rules"), [(10, 0, []), (40, 30, ["CWE-77"]), (40, 40, ["CWE-77"])])
def test_many_surplus_arguments_are_still_passed(count: int, place: int, rules: list[str]) -> None:
    """Some are told apart; of more than these, any may be what is read."""
    given = ", ".join(["'ls'"] * count)
    code = f"import os\ndef _run(*parts):\n    os.system(parts[{place}])\ndef run(x):\n    _run({given}, x)\n"
    assert [finding.rule for finding in scan(code).findings] == rules


def test_a_copy_of_its_own_copy_is_one_object() -> None:
    """``held = held.copy()`` in a loop: no object for each copy of a copy, and what is put into one is still found."""
    code = """
import os
def grow(n, name):
    held = {}
    for i in range(n):
        held = held.copy()
        held["name"] = name
    os.system(held["name"])
"""
    assert growing.steps(code) <= 1_000
    assert [finding.rule for finding in scan(code).findings] == ["CWE-77"]
