"""96 real answers to APPS+ tasks, and what a plain MyPy says of each: the paper's quality, answer by answer."""

import gzip
import json
import re
from pathlib import Path

import pytest

from real import prelude
from real.extract import extract
from real.protocols import rules
from real.typecheck import Checker, Submission
from real.types import AnalysisStatus

FILE = Path(__file__).parents[1] / "fixtures" / "golden" / "apps_plus_vanilla_0.5b_96.jsonl.gz"
_UNKNOWN = re.compile(r'Name "(\w+)" is not defined')


@pytest.fixture(scope="module")
def answers() -> list[tuple[str, bool]]:
    """The program of each answer by the protocol ``paper``, and whether MyPy accepts it."""
    rule = rules("paper", "apps_plus").extraction
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(extract(row["completion"], rule).code or "", row["paper_quality"]) for row in rows]


def test_the_papers_quality_answer_by_answer(answers: list[tuple[str, bool]], checker: Checker) -> None:
    analyses = checker.check([Submission(code, prelude=True) for code, _ in answers])
    assert len(analyses) == 96
    passed = [analysis.status is AnalysisStatus.CLEAN for analysis in analyses]
    assert passed == [clean for _, clean in answers]
    assert sum(passed) == 17


def test_no_answer_is_blamed_for_a_name_that_its_tests_supply(
    answers: list[tuple[str, bool]], hardened: Checker
) -> None:
    for analysis in hardened.check([Submission(code, prelude=True) for code, _ in answers]):
        unknown = {name for finding in analysis.findings for name in _UNKNOWN.findall(finding.message)}
        assert not unknown & prelude.origins().keys()
