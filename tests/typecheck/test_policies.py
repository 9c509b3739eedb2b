"""``hardened`` adds to ``paper`` and takes nothing away; the configuration chooses between them."""

import pytest

from real.errors import UsageError
from real.typecheck import Checker, TypecheckCfg
from real.types import AnalysisStatus

from .hatches import PASS_MYPY
from .samples import SAMPLES


def test_hardened_reports_what_paper_reports(checker: Checker, hardened: Checker) -> None:
    codes = [*SAMPLES.values(), *(trick.code for trick in PASS_MYPY.values())]
    for plain, strict in zip(checker.check(codes), hardened.check(codes), strict=True):
        assert plain.status is strict.status or plain.status is AnalysisStatus.CLEAN
        known = {(f.rule, f.line, f.message) for f in strict.findings}
        assert {(f.rule, f.line, f.message) for f in plain.findings} <= known


def test_findings_come_by_line_and_once_for_each_rule(hardened: Checker) -> None:
    code = "from typing import Any\nx: Any = 1\ny: dict[str, Any] = {}\nz: list[Any] = [eval('1'), eval('2')]\n"
    (analysis,) = hardened.check([code])
    assert [(f.rule, f.line) for f in analysis.findings] == [
        ("hatch:any", 2),
        ("hatch:any", 3),
        ("hatch:any", 4),
        ("hatch:dynamic-code", 4),
    ]


def test_a_configuration_makes_a_checker() -> None:
    code = "def f(xs: List[int]) -> int:\n    return eval('len')(xs)  # type: ignore\n"
    with Checker.configured(TypecheckCfg("paper", "algorithms")) as made:
        assert made.check([code])[0].status is AnalysisStatus.CLEAN


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        (TypecheckCfg(policy="hardend"), "Did you mean hardened"),
        (TypecheckCfg(preamble="algorithm"), "Did you mean algorithms"),
    ],
)
def test_unknown_values_are_refused(cfg: TypecheckCfg, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        cfg.check()
