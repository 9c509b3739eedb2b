"""Programs made from public reports and from mistakes found in the field: each has its right verdict.

`known_misses.txt` names those that the detector does not get right yet. The list is exact: one that becomes right, or
that is gone, makes the test fail until its line is removed.
"""

import json
from pathlib import Path

import pytest

from real.detector import scan
from real.detector.families import family
from real.types import AnalysisStatus

ROOT = Path(__file__).parent.parent / "fixtures" / "reports"
KNOWN_MISSES = frozenset((ROOT / "known_misses.txt").read_text().split())
ENTRIES = {
    f"{index.parent.name}/{entry['file']}": entry
    for index in sorted(ROOT.glob("*/index.jsonl"))
    for entry in map(json.loads, index.read_text().splitlines())
}


def is_right(name: str) -> bool:
    """A finding of the CWE's family in a bad program; no finding at all, and an analysis, in one that is well."""
    entry = ENTRIES[name]
    analysis = scan((ROOT / name).read_text())
    if entry["label"] in (1, "bad"):
        return bool(family(entry["cwe"]) & {finding.rule for finding in analysis.findings})
    return analysis.status is AnalysisStatus.CLEAN


def test_known_misses_are_programs_of_the_reports() -> None:
    assert ENTRIES.keys() >= KNOWN_MISSES


@pytest.mark.parametrize("name", ENTRIES)
def test_a_reported_program_has_its_right_verdict(name: str) -> None:
    assert is_right(name) is (name not in KNOWN_MISSES)
