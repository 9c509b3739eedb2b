"""The open half of the second sample of unseen reports: each program has its right verdict.

`known_misses.txt` is exact, as that of `../fixtures/reports`. Nothing here may name a program of the closed half, which
`benchmarks/detector_reports.py --data tests/fixtures/unseen_reports_2 --totals` measures.
"""

import hashlib
import json
from pathlib import Path

import pytest

from real.detector import scan
from real.detector.families import family
from real.types import AnalysisStatus

ROOT = Path(__file__).parent.parent / "fixtures" / "unseen_reports_2"
KNOWN_MISSES = frozenset((ROOT / "known_misses.txt").read_text().split())
HALVES = {
    half: {entry["file"]: entry for entry in map(json.loads, (ROOT / half / "index.jsonl").read_text().splitlines())}
    for half in ("open", "closed")
}


def test_the_hash_of_a_pair_says_its_half() -> None:
    for half, rest in (("open", 0), ("closed", 1)):
        for entry in HALVES[half].values():
            assert int(hashlib.sha256(entry["pair"].encode()).hexdigest(), 16) % 2 == rest, entry["id"]
            assert (ROOT / half / entry["file"]).is_file()


def test_known_misses_are_programs_of_the_open_half() -> None:
    assert HALVES["open"].keys() >= KNOWN_MISSES


@pytest.mark.parametrize("name", HALVES["open"])
def test_a_reported_program_has_its_right_verdict(name: str) -> None:
    entry = HALVES["open"][name]
    analysis = scan((ROOT / "open" / name).read_text())
    if entry["label"]:
        is_right = bool(family(entry["cwe"]) & {finding.rule for finding in analysis.findings})
    else:
        is_right = analysis.status is AnalysisStatus.CLEAN
    assert is_right is (name not in KNOWN_MISSES)
