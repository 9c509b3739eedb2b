"""The programs that the detector's benchmarks run on, by source: fixtures, pairs, SecCodePLT+ and SafeSQL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Source:
    """One program: where it is from, which one it is, and its text."""

    origin: str
    name: str
    code: str


def fixtures() -> list[Source]:
    """Every rule fixture, vulnerable and safe."""
    files = sorted((ROOT / "tests" / "fixtures" / "detector").rglob("*.py"))
    return [
        Source("fixtures", f"{path.parent.parent.name}/{path.parent.name}/{path.stem}", path.read_text())
        for path in files
    ]


def pairs() -> list[Source]:
    """Both programs of every pair of the detector's own that authors of rules may read."""
    files = sorted((ROOT / "tests" / "fixtures" / "pairs").rglob("*.py"))
    return [Source("pairs", f"{path.parent.name}/{path.stem}", path.read_text()) for path in files]


def seccodeplt(data: Path) -> list[Source]:
    """The vulnerable and the patched program of every training pair."""
    found = []
    for row in pq.read_table(data / "seccodeplt_plus" / "train.parquet").to_pylist():
        truth = row["ground_truth"]
        for kind in ("vulnerable_code", "patched_code"):
            code = (truth["code_before"] or "") + truth[kind] + (truth["code_after"] or "")
            found.append(Source("seccodeplt", f"CWE-{row['CWE_ID']}/{row['id']}/{kind}", code))
    return found


def safesql(data: Path) -> list[Source]:
    """The reference program of every training task."""
    rows = pq.read_table(data / "safesql" / "train.parquet").to_pylist()
    return [Source("safesql", str(row["program_id"]), row["execute_sql"]) for row in rows]


def twins() -> list[Source]:
    """The safe and unsafe programs of the embedded miniature of SafeSQL."""
    from real.datasets.build.mini.assemble import build_tasks

    found = []
    for task in build_tasks("train", 0):
        for kind, code in (("safe", task.reference), ("unsafe", task.unsafe)):
            if code is not None:
                found.append(Source("safesql_mini", f"{task.task_id}/{kind}", code))
    return found


def everything(data: Path) -> list[Source]:
    """All of them."""
    return [*fixtures(), *pairs(), *seccodeplt(data), *safesql(data), *twins()]
