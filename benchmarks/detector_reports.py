"""The programs made from public reports: ``python benchmarks/detector_reports.py [--data FOLDER]``.

Every folder of ``tests/fixtures/reports`` (or of FOLDER) has an ``index.jsonl`` with the file, the CWE, the kind and
the right verdict: a finding of the CWE's family, or none at all. Prints how many bad programs are found and how many
others are clean, for each folder and each kind, and with ``--wrong`` the names of the rest.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from pathlib import Path

from real.detector import scan
from real.detector.families import family
from real.io import disk
from real.types import AnalysisStatus

_REPORTS = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "reports"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=_REPORTS, help="folder with folders of programs")
    parser.add_argument("--wrong", action="store_true", help="name each miss and each false positive")
    options = parser.parse_args()
    counts: dict[tuple[str, str], Counter[str]] = {}
    times = []
    for index in sorted(options.data.glob("*/index.jsonl")):
        for entry in disk.read_lines(index):
            code = (index.parent / entry["file"]).read_text(encoding="utf-8")
            start = time.process_time()
            analysis = scan(code)
            times.append(1000 * (time.process_time() - start))
            rules = {finding.rule for finding in analysis.findings}
            is_bad = entry["label"] in (1, "bad")
            is_right = bool(rules & family(entry["cwe"])) if is_bad else analysis.status is AnalysisStatus.CLEAN
            for kind in ("all", entry.get("kind", entry["cwe"])):
                count = counts.setdefault((index.parent.name, kind), Counter())
                count.update({"bad" if is_bad else "ok": 1, "found" if is_bad else "clean": is_right})
            if options.wrong and not is_right:
                said = " ".join(sorted(rules)) or analysis.reason or "silent"
                print(f"{'missed' if is_bad else 'flagged'} {index.parent.name}/{entry['file']}: {said}")
    if not times:
        parser.error(f"{options.data} has no folder with an index.jsonl")
    for (folder, kind), count in sorted(counts.items()):
        print(
            f"{folder:<10} {kind:<46} found {count['found']:>3} of {count['bad']:>3}"
            f"   clean {count['clean']:>3} of {count['ok']:>3}"
        )
    print(f"median {statistics.median(times):.1f} ms of CPU, longest {max(times):.0f} ms")


if __name__ == "__main__":
    main()
