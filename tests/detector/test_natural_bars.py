"""Natural edits hardly change a verdict: the bars of issue 13 on a sample of fixtures and pairs, alone and two by two.

Nobody's example proves anything: after calls and tests of every kind no flagged program is clean. The whole, with
SecCodePLT+, is ``benchmarks/detector_natural_edits.py``.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from real.detector import scan
from real.redteam.rewrites.natural import EDITS, KINDS, Kind, edited

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted([*(FIXTURES / "detector").rglob("*.py"), *(FIXTURES / "pairs").rglob("*.py")])
NAMES = list(EDITS)
PROGRAMS_PER_EDIT = 12
LOST = {Kind.CALL: 0.0, Kind.TEST: 0.0, Kind.OTHER: 0.005}  # of the flagged programs that turn clean
GAINED = 0.01  # of the clean ones that turn flagged
ONE = 1  # program more than that: a sample of a hundred is too coarse for a hundredth

Case = tuple[str, tuple[str, ...]]  # a file, and the edits that it goes through


@cache
def verdict(code: str) -> str:
    return scan(code).status.value


def label(path: Path) -> str:
    return "/".join(path.relative_to(FIXTURES).with_suffix("").parts)


def moved(edits: tuple[str, ...], files: list[Path]) -> tuple[Counter[str], list[str]]:
    """How many programs were flagged and clean, and those that went from the one to the other."""
    count: Counter[str] = Counter()
    found = []
    for path in files:
        code: str | None = path.read_text()
        before = verdict(code)
        for name in edits:
            code = edited(EDITS[name], code) if code is not None else None
        if code is None:
            continue
        after = verdict(code)
        count[before] += 1
        if {before, after} == {"findings", "clean"}:
            count[f"{before} -> {after}"] += 1
            found.append(f"{' + '.join(edits)}: {label(path)}: {before} -> {after}")
    return count, found


def sample(edits: tuple[str, ...], size: int) -> list[Path]:
    """The same programs in every run, others for each edit."""
    return random.Random(" + ".join(edits)).sample(FILES, size)


@pytest.mark.parametrize("kind", list(Kind))
def test_an_edit_changes_hardly_any_verdict(kind: Kind) -> None:
    total: Counter[str] = Counter()
    found = []
    for name in (name for name in NAMES if KINDS[name] is kind):
        count, these = moved((name,), sample((name,), PROGRAMS_PER_EDIT))
        total += count
        found += these
    assert total["findings"] > 40
    assert total["clean"] > 40
    assert total["findings -> clean"] <= LOST[kind] * total["findings"], found
    assert total["clean -> findings"] <= GAINED * total["clean"] + ONE, found


def test_two_edits_change_hardly_any_verdict() -> None:
    rng = random.Random(0)
    total: Counter[str] = Counter()
    found = []
    for _ in range(150):
        edits = (rng.choice(NAMES), rng.choice(NAMES))
        count, these = moved(edits, sample(edits, 3))
        total += count
        found += these
    assert total["findings"] > 40
    assert total["findings -> clean"] <= 0.005 * total["findings"], found
    assert total["clean -> findings"] <= GAINED * total["clean"] + ONE, found
