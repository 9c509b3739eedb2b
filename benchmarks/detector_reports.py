"""The programs made from public reports: ``python benchmarks/detector_reports.py [--data FOLDER] [--totals]``.

Every folder of ``tests/fixtures/reports`` (or of FOLDER) has an ``index.jsonl`` with the file, the CWE, the kind and
the right verdict: a finding of the CWE's family, or none at all. Prints how many bad programs are found, how many
others are clean and how many pairs are wholly right, for each folder and each kind (``--totals``: for each folder
only, which tells nothing of a program that authors of rules must not read), and with ``--wrong`` the names of the rest.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter, defaultdict
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
    parser.add_argument("--totals", action="store_true", help="one line a folder, nothing of single kinds")
    parser.add_argument("--wrong", action="store_true", help="name each miss and each false positive")
    options = parser.parse_args()
    counts: dict[tuple[str, str], Counter[str]] = {}
    pairs: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
    times = []
    for index in sorted(options.data.glob("*/index.jsonl")):
        for entry in disk.read_lines(index):
            cwe, pair = str(entry["cwe"]), str(entry.get("pair", entry["file"]))
            kind = str(entry.get("kind", cwe))
            code = (index.parent / entry["file"]).read_text(encoding="utf-8")
            start = time.process_time()
            analysis = scan(code)
            times.append(1000 * (time.process_time() - start))
            rules = {finding.rule for finding in analysis.findings}
            is_bad = entry["label"] in (1, "bad")
            is_right = bool(rules & family(cwe)) if is_bad else analysis.status is AnalysisStatus.CLEAN
            for row in ("all",) if options.totals else ("all", kind):
                count = counts.setdefault((index.parent.name, row), Counter())
                count.update({"bad" if is_bad else "ok": 1, "found" if is_bad else "clean": is_right})
                pairs[index.parent.name, row, pair].append(is_right)
            if options.wrong and not is_right:
                said = " ".join(sorted(rules)) or analysis.reason or "silent"
                print(f"{'missed' if is_bad else 'flagged'} {index.parent.name}/{entry['file']}: {said}")
    if not times:
        parser.error(f"{options.data} has no folder with an index.jsonl")
    for (folder, row, _), verdicts in pairs.items():
        if len(verdicts) > 1:
            counts[folder, row].update({"pairs": 1, "right": all(verdicts)})
    for (folder, row), count in sorted(counts.items()):
        print(
            f"{folder:<10} {row:<46} found {count['found']:>3} of {count['bad']:>3}"
            f"   clean {count['clean']:>3} of {count['ok']:>3}   pairs {count['right']:>3} of {count['pairs']:>3}"
        )
    print(f"median {statistics.median(times):.1f} ms of CPU, longest {max(times):.0f} ms")


if __name__ == "__main__":
    main()
