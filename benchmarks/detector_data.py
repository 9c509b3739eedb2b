"""The programs that the detector is measured on, read from the folder of the released data.

``pairs`` are a vulnerable program and its patched twin, ``harmless`` are single programs without a known defect.
"""

from __future__ import annotations

import json
import random
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyarrow import parquet

from real.datasets import load_path
from real.detector.families import family

HELD_OUT = 0.3  # share of the descriptions
SEED = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """A vulnerable program and its patched twin."""

    name: str
    origin: str
    cwe: str
    vulnerable: str
    patched: str


def seccodeplt(data: Path) -> list[Pair]:
    """The 655 training pairs, split by description: origin ``development`` or ``held out``."""
    rows = parquet.read_table(data / "seccodeplt_plus" / "train.parquet").to_pylist()
    descriptions = sorted({row["task_description"]["description"] for row in rows})
    held_out = set(random.Random(SEED).sample(descriptions, round(HELD_OUT * len(descriptions))))
    pairs = []
    for row in rows:
        truth = row["ground_truth"]
        origin = "held out" if row["task_description"]["description"] in held_out else "development"
        codes = [_joined(truth["code_before"], truth[part], truth["code_after"]) for part in _PARTS]
        pairs.append(Pair(row["id"], origin, f"CWE-{row['CWE_ID']}", *codes))
    return pairs


_PARTS = ("vulnerable_code", "patched_code")


def _joined(*parts: str | None) -> str:
    return "\n".join(code.strip("\n") for code in parts if code) + "\n"


def sven(data: Path) -> list[Pair]:
    """SVEN's Python pairs of the CWEs that the detector knows (78, 79, 89), both splits."""
    files = sorted((data / "sven").rglob("*.jsonl"))
    return list(_commits("SVEN", files))


def safecoder(data: Path) -> list[Pair]:
    """SafeCoder's own Python pairs (``sec-new-desc``), which repeat none of SVEN's, of the CWEs the detector knows."""
    files = sorted((data / "safecoder").rglob("sec-new-desc.jsonl"))
    return list(_commits("SafeCoder", files))


def _commits(origin: str, files: list[Path]) -> Iterator[Pair]:
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8").removesuffix("\n").split("\n")):
            row = json.loads(line)
            cwe = row["vul_type"].upper()
            if row["file_name"].endswith(".py") and family(cwe):
                before, after = (textwrap.dedent(row[f"func_src_{when}"]) for when in ("before", "after"))
                yield Pair(f"{file.parent.name}/{file.stem}:{number}", origin, cwe, before, after)


def written(fixtures: Path, origin: str) -> list[Pair]:
    """Our own pairs: ``cwe_NNN/NAME_bad.py`` and ``cwe_NNN/NAME_good.py``."""
    pairs = []
    for bad in sorted(fixtures.rglob("*_bad.py")):
        good = bad.with_name(bad.name.replace("_bad.py", "_good.py"))
        cwe = bad.parent.name.upper().replace("CWE_", "CWE-").replace("CWE-0", "CWE-")
        name = f"{bad.parent.name}/{bad.stem.removesuffix('_bad')}"
        pairs.append(Pair(name, origin, cwe, bad.read_text(), good.read_text()))
    return pairs


def harmless(data: Path) -> list[str]:
    """The 519 reference solutions of APPS+."""
    tasks = load_path(str(data / "apps_plus"), "test").tasks
    return [task.reference for task in tasks if task.reference is not None]
