"""96 real answers to APPS+ tasks, and what a plain MyPy says of each: the paper's quality, answer by answer."""

import gzip
import json
import re
from pathlib import Path

import pytest

from real import prelude
from real.typecheck import Checker, Submission
from real.types import AnalysisStatus

FILE = Path(__file__).parents[1] / "fixtures" / "golden" / "apps_plus_vanilla_0.5b_96.jsonl.gz"
_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
_UNKNOWN = re.compile(r'Name "(\w+)" is not defined')


@pytest.fixture(scope="module")
def answers() -> list[tuple[str, bool]]:
    """The last Python block of each answer by the released evaluation's rule, and whether MyPy accepts it."""
    found = []
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            (*_, code) = ["", *_BLOCK.findall(row["completion"])]
            kept = [line for line in code.strip().split("\n") if not line.startswith(("assert", "print"))]
            found.append(("\n".join(kept), row["paper_quality"]))
    return found


def test_the_papers_quality_answer_by_answer(answers: list[tuple[str, bool]], checker: Checker) -> None:
    analyses = checker.check([Submission(code, prelude=True) for code, _ in answers])
    assert len(analyses) == 96
    assert [analysis.status is AnalysisStatus.CLEAN for analysis in analyses] == [clean for _, clean in answers]


def test_no_answer_is_blamed_for_a_name_that_its_tests_supply(
    answers: list[tuple[str, bool]], hardened: Checker
) -> None:
    for analysis in hardened.check([Submission(code, prelude=True) for code, _ in answers]):
        unknown = {name for finding in analysis.findings for name in _UNKNOWN.findall(finding.message)}
        assert not unknown & prelude.origins().keys()
