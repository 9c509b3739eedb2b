"""A program that breaks MyPy is unanalyzable: never clean, never masked, and no other program's trouble."""

import contextlib
from collections.abc import Iterator

import pytest

from real.detector.config import DetectorCfg
from real.rewards import RewardCfg
from real.static_checks import StaticChecks
from real.typecheck import Checker, Policy, Submission, TypecheckCfg
from real.typecheck.forked_checker import ForkedChecker
from real.typecheck.program_checker import ProgramChecker
from real.types import Analysis, AnalysisStatus, Check, ScriptSuite, Task

from .crashers import CRASHING, ENDLESS
from .test_bad_input import BAD

CLEAN, FINDINGS, UNANALYZABLE = AnalysisStatus.CLEAN, AnalysisStatus.FINDINGS, AnalysisStatus.UNANALYZABLE
WRONG_ANSWER = "def total(values):\n    return None\n"
NEIGHBOURS = [f"x{n}: int = {repr('a') if n % 2 else n}\n" for n in range(len(CRASHING))]


@pytest.fixture(scope="module", params=["checker", "hardened"])
def batch(request: pytest.FixtureRequest) -> dict[str, Analysis]:
    """Crashing programs and harmless ones in one batch, in turns."""
    checker: Checker = request.getfixturevalue(request.param)
    programs = [program for pair in zip(CRASHING.values(), NEIGHBOURS, strict=True) for program in pair]
    return dict(zip(programs, checker.check(programs), strict=True))


@pytest.fixture(scope="module")
def in_process() -> Iterator[ForkedChecker]:
    with contextlib.closing(ForkedChecker(ProgramChecker(Policy.hardened))) as forked:
        yield forked


@pytest.mark.parametrize("name", CRASHING)
def test_a_crash_of_mypy_is_the_programs(name: str, batch: dict[str, Analysis]) -> None:
    """Each of these was an ``ERROR`` that masked the sample."""
    analysis = batch[CRASHING[name]]
    assert (analysis.status, analysis.analyser_failed, analysis.findings) == (UNANALYZABLE, True, ())
    assert analysis.reason.startswith("the type checker ")


def test_a_crash_changes_no_other_verdict_of_the_batch(batch: dict[str, Analysis]) -> None:
    assert [batch[program].status for program in NEIGHBOURS] == [
        FINDINGS if n % 2 else CLEAN for n in range(len(NEIGHBOURS))
    ]


def test_a_crash_appended_to_an_answer_does_not_mask_it(hardened: Checker) -> None:
    appended = [Submission(WRONG_ANSWER + crash, "def total(values):", prelude=True) for crash in CRASHING.values()]
    assert {analysis.status for analysis in hardened.check(appended)} == {UNANALYZABLE}


@pytest.mark.parametrize("name", ENDLESS)
def test_work_without_an_end_is_the_programs(
    name: str, in_process: ForkedChecker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("real.typecheck.forked_checker.PROGRAM_CPU_S", 1)
    endless, harmless = in_process.check([Submission(ENDLESS[name]), Submission("y: int = 'a'\n")])
    assert endless == Analysis(UNANALYZABLE, reason="no verdict after 1 seconds of work", analyser_failed=True)
    assert harmless.status is FINDINGS


def test_memory_without_an_end_is_the_programs(in_process: ForkedChecker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("real.typecheck.forked_checker.MEMORY_BYTES", 1 << 29)
    in_process.close()  # the next child has that limit
    hungry, harmless = in_process.check([Submission("x = (1,) * 10_000_000\n"), Submission("y: int = 'a'\n")])
    assert (hungry.status, hungry.analyser_failed) == (UNANALYZABLE, True)
    assert harmless.status is FINDINGS
    in_process.close()


def test_starter_code_that_cannot_be_read_is_the_tasks_fault(hardened: Checker) -> None:
    """No program is to blame for it, crashing or not: the harmless one fails too."""
    for code in (WRONG_ANSWER, "x = 1\n"):
        (analysis,) = hardened.check([Submission(code, "def f(:")])
        assert analysis.status is AnalysisStatus.ERROR
        assert "starter code cannot be read" in analysis.reason


def test_long_messages_are_cut(checker: Checker) -> None:
    """MyPy writes types out, and a type can be as long as a program; a reason has to fit into a log."""
    members = ", ".join(f"'{'m' * 50}{n}'" for n in range(300))
    (analysis,) = checker.check([f"from typing import Literal\nx: Literal[{members}] = 3\n"])
    assert [len(finding.message) < 5_000 for finding in analysis.findings] == [True]


def test_no_program_text_that_we_know_of_masks_an_answer() -> None:
    """Everything that breaks or refuses, through both analysers as the judge asks them."""
    task = Task("a", "b", "test", (), ScriptSuite(()), (Check.SECURITY, Check.MAINTAINABILITY))
    programs = {**CRASHING, **{name: code for name, (code, _) in BAD.items()}}
    with StaticChecks(RewardCfg(), DetectorCfg(), TypecheckCfg()) as checks:
        found = checks.run({name: (task, code) for name, code in programs.items()})
    for analyses in found.values():
        assert len(analyses) == 2
        assert AnalysisStatus.ERROR not in {analysis.status for analysis in analyses.values()}
