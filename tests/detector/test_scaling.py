"""The work grows about as the program does; counted in steps, because clocks are no test."""

from __future__ import annotations

import pytest
from shapes import SHAPES

from real.detector import scan
from real.detector.analysis.ruleset import RuleSet
from real.detector.analysis.solver import Solver
from real.detector.frontend.build import build
from real.detector.frontend.escapes import NONE
from real.detector.limits import Budget
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
