"""Does the detector follow data through the language? ``python benchmarks/detector_flows.py [--chains N] [--seed S]``.

Programs of ``tests/detector/flows.py``: each way of ``tests/fixtures/flows/scenes.txt`` in four shapes of program, and
N programs of two or three ways after one another. What is right is seen by running them. Prints how many that are
dangerous were found, how many harmless ones were flagged, and the ways that were most often in a wrong verdict.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from pathlib import Path

from real.detector import scan

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "detector"))
from flows import SHAPES, chains, program, scenes, truths


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chains", type=int, default=1_000, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    single = {f"{name} {shape}": program([way], shape) for name, way in scenes().items() for shape in SHAPES}
    for title, programs in (
        ("one way", single),
        ("two or three", chains(arguments.chains, random.Random(arguments.seed))),
    ):
        found, flagged, dangerous = 0, 0, 0
        wrong: Counter[str] = Counter()
        for (name, text), is_dangerous in zip(programs.items(), truths(list(programs.values())), strict=True):
            is_flagged = bool(scan(text).findings)
            dangerous += is_dangerous
            found += is_dangerous and is_flagged
            flagged += is_flagged and not is_dangerous
            if is_flagged != is_dangerous:
                wrong.update(name.split())
        harmless = len(programs) - dangerous
        print(f"{title}: found {found} of {dangerous}, flagged {flagged} of {harmless} harmless")
        print("  most often in a wrong verdict:", ", ".join(f"{name} {n}" for name, n in wrong.most_common(12)))


if __name__ == "__main__":
    main()
