"""Whose failure it is when an analyser fails: the rule, and the detector's and the type checker's use of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from real import detector
from real.analyser_failures import HARMLESS, attributed
from real.detector.config import DetectorCfg
from real.rewards import RewardCfg
from real.static_checks import StaticChecks
from real.typecheck import TypecheckCfg
from real.types import Analysis, AnalysisStatus, Check, ScriptSuite, Task

CLEAN, UNANALYZABLE, ERROR = AnalysisStatus.CLEAN, AnalysisStatus.UNANALYZABLE, AnalysisStatus.ERROR
FAILED = Analysis(ERROR, reason="it failed")
TASK = Task("a", "b", "test", (), ScriptSuite(()), (Check.SECURITY, Check.MAINTAINABILITY))


def scripted(*answers: Analysis) -> Callable[[str], Analysis]:
    """Gives the answers in their order; the last one is for the harmless program."""
    waiting = iter(answers)
    return lambda _: next(waiting)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([Analysis(CLEAN)], Analysis(CLEAN)),
        ([Analysis(UNANALYZABLE, reason="syntax")], Analysis(UNANALYZABLE, reason="syntax")),
        ([FAILED, Analysis(CLEAN)], Analysis(CLEAN)),  # a worker that somebody killed
        ([FAILED, FAILED, Analysis(CLEAN)], Analysis(UNANALYZABLE, reason="it failed", analyser_failed=True)),
        ([FAILED, FAILED, FAILED], Analysis(ERROR, reason="it failed, and so on a program without anything in it")),
        (
            [FAILED, FAILED, Analysis(ERROR, reason="no memory")],
            Analysis(ERROR, reason="it failed; no memory, and so on a program without anything in it"),
        ),
    ],
)
def test_the_rule(answers: list[Analysis], expected: Analysis) -> None:
    check = scripted(*answers)
    assert attributed(check, "program", HARMLESS) == expected
    with pytest.raises(StopIteration):
        check("")  # nobody was asked more often than that


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StaticChecks, Path]]:
    path = tmp_path_factory.mktemp("failures") / "failures.jsonl"
    with StaticChecks(RewardCfg(), DetectorCfg(), TypecheckCfg(), failures=path) as running:
        yield running, path


def test_a_program_that_breaks_the_detector_is_unanalyzable(
    checks: tuple[StaticChecks, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = detector.scan

    def failing(code: str, **options: object) -> Analysis:
        return FAILED if "breaks" in code else scan(code)

    monkeypatch.setattr("real.detector.scan", failing)
    found = checks[0].run({"bad": (TASK, "breaks = 1\n"), "good": (TASK, "x: int = 1\n")})
    assert found["bad"][Check.SECURITY] == Analysis(UNANALYZABLE, reason="it failed", analyser_failed=True)
    assert {analysis.status for analysis in found["good"].values()} == {CLEAN}
    assert '"breaks = 1\\n"' in checks[1].read_text()  # kept, to become a test


def test_a_detector_that_fails_on_everything_is_the_machines(
    checks: tuple[StaticChecks, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("real.detector.scan", lambda code, **_: FAILED)
    found = checks[0].run({"good": (TASK, "x: int = 1\n")})
    assert found["good"][Check.SECURITY].status is ERROR
