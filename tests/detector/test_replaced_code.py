"""Code that is replaced while it runs is followed or named as not seen; honest programs that assign things stay clean.

The programs with a proved defect stand in ``tests/fixtures/holes`` (``test_known_holes``).
"""

from pathlib import Path

import pytest

from real.detector import scan
from real.types import AnalysisStatus

HONEST = Path(__file__).parents[1] / "fixtures" / "replaced_code"
PROGRAMS = sorted(HONEST.glob("*.py"))
TRUSTING = "import uuid, os\ndef run(name):\n    os.system('ls ' + str(uuid.UUID(name)))\n"


def test_there_are_honest_programs() -> None:
    assert len(PROGRAMS) > 30


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_an_honest_program_stays_clean(path: Path) -> None:
    found = scan(path.read_text())
    assert (found.status, found.reason) == (AnalysisStatus.CLEAN, "")


def test_what_is_not_seen_is_told_with_its_line() -> None:
    found = scan(f"{TRUSTING}uuid.UUID = str\n")
    assert found.reason == "replaced code: uuid.UUID (line 4)"
