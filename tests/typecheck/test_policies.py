"""``hardened`` adds to ``paper`` and takes nothing away; the configuration chooses between them."""

import json

import pytest
from omegaconf import OmegaConf

from real.errors import UsageError
from real.typecheck import Checker, Policy, TypecheckCfg
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
    code = "def f(xs: list[int]) -> int:\n    return eval('len')(xs)  # type: ignore\n"
    with Checker.configured(TypecheckCfg(Policy.paper)) as made:
        assert made.check([code])[0].status is AnalysisStatus.CLEAN


def test_unknown_policies_are_refused() -> None:
    with pytest.raises(UsageError, match="Did you mean hardened"):
        Checker(policy="hardend")
    with pytest.raises(UsageError, match="Did you mean hardened"):
        TypecheckCfg("hardend").check()  # type: ignore[arg-type]


def test_a_policy_is_read_from_yaml_and_written_to_it_by_its_name() -> None:
    cfg = OmegaConf.merge(OmegaConf.structured(TypecheckCfg), {"policy": "paper"})
    assert OmegaConf.to_object(cfg) == TypecheckCfg(Policy.paper)
    assert OmegaConf.to_yaml(cfg) == "policy: paper\n"
    assert json.dumps(OmegaConf.to_container(cfg)) == '{"policy": "paper"}'
