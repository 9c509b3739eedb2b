"""Every trick is caught in ``hardened``, most of them pass in ``paper``, and ordinary annotated code passes in both."""

import pytest

from real.typecheck import Checker, Submission
from real.types import Analysis, AnalysisStatus

from .hatches import MYPY_OBJECTS, PASS_MYPY, Trick
from .ordinary import ORDINARY

TRICKS = PASS_MYPY | MYPY_OBJECTS


def batch(checker: Checker, tricks: dict[str, Trick]) -> dict[str, Analysis]:
    submissions = [Submission(trick.code, trick.starter) for trick in tricks.values()]
    return dict(zip(tricks, checker.check(submissions), strict=True))


@pytest.fixture(scope="module")
def found(hardened: Checker) -> dict[str, Analysis]:
    return batch(hardened, TRICKS)


@pytest.fixture(scope="module")
def passed(checker: Checker) -> dict[str, Analysis]:
    return batch(checker, PASS_MYPY)


@pytest.mark.parametrize("name", TRICKS)
def test_hardened_catches(name: str, found: dict[str, Analysis]) -> None:
    analysis = found[name]
    assert analysis.status is AnalysisStatus.FINDINGS
    hits = [finding for finding in analysis.findings if finding.rule == TRICKS[name].rule]
    assert hits
    lines = max(1, TRICKS[name].code.count("\n"))
    assert all(1 <= finding.line <= lines for finding in hits)
    assert all(finding.fix for finding in hits if not finding.rule.startswith("mypy:"))


@pytest.mark.parametrize("name", PASS_MYPY)
def test_mypy_alone_lets_it_pass(name: str, passed: dict[str, Analysis]) -> None:
    """The point of the list: without the hardened policy each of these would earn the reward."""
    assert passed[name] == Analysis(AnalysisStatus.CLEAN)


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_code_passes(name: str, hardened: Checker) -> None:
    trick = ORDINARY[name]
    assert hardened.check([Submission(trick.code, trick.starter)]) == [Analysis(AnalysisStatus.CLEAN)]


def test_every_rule_that_fails_has_a_program_here() -> None:
    from real.typecheck.hardened.catalogue import RULES

    from .test_signatures import CHANGED

    shown = {trick.rule for trick in TRICKS.values()} | {rule for _, _, rule in CHANGED.values()}
    assert {code for code, rule in RULES.items() if rule.fails} <= shown


def test_columns_count_bytes_as_those_of_other_findings_do(hardened: Checker) -> None:
    code = 'name: str = "äöü"  # type: ignore\n'
    (analysis,) = hardened.check([code])
    (finding,) = [finding for finding in analysis.findings if finding.rule == "hatch:type-ignore"]
    assert code.encode()[finding.column :].startswith(b"# type: ignore")
