"""``benchmarks/judges_agree.py`` on a run that is kept under ``experiments``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def test_judges_are_counted_on_the_programs_of_a_run(tmp_path: Path) -> None:
    (run,) = (_ROOT / "experiments/engine_0p5b/store").glob("safesql-*")
    out = tmp_path / "judges.md"
    command = [
        sys.executable,
        str(_ROOT / "benchmarks/judges_agree.py"),
        str(run),
        "--examples",
        "1",
        "--out",
        str(out),
    ]
    subprocess.run(command, check=True, capture_output=True)
    rows = [line.split("|") for line in out.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    told = {(row[1].strip(), row[2].strip()): [cell.strip() for cell in row[3:-1]] for row in rows}
    n, paid, _, tests = told["after", "all"]
    assert (n, paid, tests) == ("85", "77 of 85", "85 of 85")
    paid_only, judge_only, agree = told["after", "safety tests"]
    assert (paid_only, judge_only, agree) == ("0", "8", "77 of 85")
    assert out.read_text(encoding="utf-8").count("```python") == 1
