"""Does the detector follow recursion for ever, or long conditions? ``python benchmarks/detector_recursion.py``.

Every fixture and every pair of our own gets functions that call themselves first, in each way of
``tests/detector/recursion.py``. Prints how many programs were analysed and how many were "nested too deeply", which a
flat program never is; then how much CPU a condition of many parts takes until the analysis ends.
"""

from __future__ import annotations

import sys
import time
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
    for parts in (100, 500, 2000):
        began = time.process_time()
        analysis = scan(long_condition(parts))
        print(f"a condition of {parts} parts: {analysis.reason}, {time.process_time() - began:.2f} s of CPU")


def long_condition(parts: int) -> str:
    """An ``if`` with so many joins that the ways through them multiply."""
    test = " and ".join(f"(x == {n} or x != {n} and not x)" for n in range(parts))
    return f"def f(x):\n    if {test}:\n        return eval(x)\n"


if __name__ == "__main__":
    main()
