"""Meaning-preserving rewrites of the fixtures must not change a verdict; see `benchmarks/detector_rewrites.py` too."""

import sys
from pathlib import Path

import pytest

from real.detector import scan
from real.redteam.rewrites import REWRITES, rewritten
from real.types import AnalysisStatus

ROOT = Path(__file__).parent.parent / "fixtures" / "detector"
FILES = sorted(ROOT.rglob("*.py"))


def verdict(code: str) -> tuple[str, ...]:
    analysis = scan(code)
    return (analysis.status.value, *sorted({finding.rule for finding in analysis.findings}))


def lost_and_changed(names: list[str], files: list[Path]) -> tuple[list[str], list[str], int]:
    lost, changed, tried = [], [], 0
    for path in files:
        code = path.read_text()
        before = verdict(code)
        for name in names:
            other = rewritten(REWRITES[name], code)
            if other is None:
                continue
            tried += 1
            after = verdict(other)
            label = f"{name}: {path.parent.parent.name}/{path.parent.name}/{path.stem}: {before} -> {after}"
            if after != before:
                changed.append(label)
            if before[0] == AnalysisStatus.FINDINGS.value and after[0] == AnalysisStatus.CLEAN.value:
                lost.append(label)
    return lost, changed, tried


@pytest.mark.parametrize(
    "name",
    [
        "reformatted",
        "locals renamed",
        "if inverted",
        "dead guard",
        "decoy docstrings",
        "getattr, name by +",
        "call in a lambda",
        "argument in a dict",
        "text by join",
        "__import__",
    ],
)
def test_a_rewrite_changes_hardly_any_verdict(name: str) -> None:
    lost, changed, tried = lost_and_changed([name], FILES[::6])
    assert tried > 20
    assert len(changed) <= 0.01 * tried, changed
    assert lost == []


@pytest.mark.slow
def test_all_rewrites_of_all_fixtures_change_hardly_any_verdict() -> None:
    lost, changed, tried = lost_and_changed(list(REWRITES), FILES)
    sys.stdout.write("\n".join(changed))
    assert len(changed) <= 0.001 * tried
    assert lost == []


def test_every_rewrite_applies_to_something() -> None:
    codes = ["def f(x):\n    if x:\n        return 1\n    else:\n        return 2\n", *(p.read_text() for p in FILES)]
    unused = [name for name, rewrite in REWRITES.items() if not any(rewritten(rewrite, code) for code in codes)]
    assert unused == []
