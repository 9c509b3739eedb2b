"""Programs with a proved defect: those that are still called clean are listed, and no other one is."""

from pathlib import Path

import pytest

from real.detector import scan
from real.types import AnalysisStatus

HOLES = Path(__file__).parents[1] / "fixtures" / "holes"
KNOWN = frozenset((HOLES / "known_holes.txt").read_text().split())
PROGRAMS = sorted(HOLES.rglob("*.py"))


def test_every_known_hole_is_a_program():
    assert {str(path.relative_to(HOLES)) for path in PROGRAMS} >= KNOWN
    assert len(PROGRAMS) > 130


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(HOLES)))
def test_a_defect_is_never_called_clean_but_where_that_is_known(path):
    is_clean = scan(path.read_text()).status is AnalysisStatus.CLEAN
    assert is_clean == (str(path.relative_to(HOLES)) in KNOWN)
