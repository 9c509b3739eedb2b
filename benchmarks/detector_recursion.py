"""Does the detector follow recursion for ever? ``python benchmarks/detector_recursion.py``.

Every fixture and every pair of our own gets functions that call themselves first, in each way of
``tests/detector/recursion.py``. Prints how many programs were analysed and how many were "nested too deeply", which a
flat program never is.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from detector_corpus import fixtures, pairs

from real.detector import scan
from real.types import AnalysisStatus

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "detector"))
from recursion import FORMS, recursive


def main() -> None:
    """Run the benchmark."""
    statuses: Counter[str] = Counter()
    endless = 0
    for source in (*fixtures(), *pairs()):
        if scan(source.code).status is AnalysisStatus.UNANALYZABLE:
            continue
        for form in FORMS:
            analysis = scan(recursive(source.code, form, min))
            statuses[analysis.status.value] += 1
            endless += analysis.reason.endswith("too deeply to analyse")
    print(f"{statuses.total()} programs: {dict(statuses)}; {endless} nested too deeply")


if __name__ == "__main__":
    main()
