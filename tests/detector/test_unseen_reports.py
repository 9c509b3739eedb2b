"""Programs made from public reports before the detector saw them: each that may be read has its right verdict.

Both halves of the first sample are read now. Of the second one the closed half is a measurement
(`benchmarks/detector_reports.py --data tests/fixtures/unseen_reports_2 --totals`), and nothing here may name a program
of it. `known_misses.txt` is exact, as that of `../fixtures/reports`, and may only shrink.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from real.detector import scan
from real.detector.families import family
from real.types import AnalysisStatus

FIXTURES = Path(__file__).parent.parent / "fixtures"
READ = {"unseen_reports": ("open", "closed"), "unseen_reports_2": ("open",)}
HALVES = {"open": 0, "closed": 1}


def _entries(sample: str, half: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FIXTURES / sample / half / "index.jsonl").read_text().splitlines()]


def _known_misses(sample: str) -> set[str]:
    return set((FIXTURES / sample / "known_misses.txt").read_text().split())


PROGRAMS = [
    (sample, half, entry["file"])
    for sample, halves in READ.items()
    for half in halves
    for entry in _entries(sample, half)
]
ENTRIES = {
    (sample, half, entry["file"]): entry for sample in READ for half in HALVES for entry in _entries(sample, half)
}


@pytest.mark.parametrize("sample", READ)
def test_the_hash_of_a_pair_says_its_half(sample: str) -> None:
    for half, rest in HALVES.items():
        for entry in _entries(sample, half):
            assert int(hashlib.sha256(entry["pair"].encode()).hexdigest(), 16) % 2 == rest, entry["id"]
            assert (FIXTURES / sample / half / entry["file"]).is_file()


@pytest.mark.parametrize("sample", READ)
def test_known_misses_are_programs_that_may_be_read(sample: str) -> None:
    assert {name for of, _, name in PROGRAMS if of == sample} >= _known_misses(sample)


@pytest.mark.parametrize(("sample", "half", "name"), PROGRAMS)
def test_a_reported_program_has_its_right_verdict(sample: str, half: str, name: str) -> None:
    entry = ENTRIES[sample, half, name]
    analysis = scan((FIXTURES / sample / half / name).read_text())
    if entry["label"]:
        is_right = bool(family(entry["cwe"]) & {finding.rule for finding in analysis.findings})
    else:
        is_right = analysis.status is AnalysisStatus.CLEAN
    assert is_right is (name not in _known_misses(sample))
