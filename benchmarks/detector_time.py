"""How does the cost of an analysis grow with its program? ``python benchmarks/detector_time.py``.

Makes programs of growing size in the shapes of ``tests/detector/growing.py`` (callbacks that call callbacks, mutual
recursion, deep classes, large literals, long chains, ...) and prints for each the steps and milliseconds of CPU of the
whole scan (``over``: more than a file may take), and the exponent of growth between the two largest sizes: 1 is
proportional. ``--fuzz N`` mixes the shapes at random in N programs and prints the slowest per 100 lines, with its seed.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from pathlib import Path

from real.detector import scan
from real.detector.limits import BudgetExceededError

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "detector"))
from growing import SHAPES, steps


def milliseconds(code: str) -> float:
    """CPU time of one scan."""
    start = time.thread_time()
    scan(code)
    return 1000 * (time.thread_time() - start)


def table(sizes: list[int]) -> None:
    """Print a row for each shape."""
    head = "".join(f"{f'n={size}: steps, ms':>26}" for size in sizes)
    print(f"{'shape':<18}{head}   exponent")
    for name, make in SHAPES.items():
        row, counts = "", []
        for size in sizes:
            code = make(size)
            try:
                counts.append(steps(code))
            except BudgetExceededError:
                row += f"{'over':>16} {milliseconds(code):>9.1f}"
                continue
            row += f"{counts[-1]:>16,} {milliseconds(code):>9.1f}"
        known = len(counts) == len(sizes)
        grown = math.log(counts[-1] / counts[-2]) / math.log(sizes[-1] / sizes[-2]) if known else math.nan
        print(f"{name:<18}{row}   {grown:8.2f}", flush=True)


def fuzz(count: int, seed: int) -> None:
    """Print the slowest of ``count`` programs that are made of several shapes."""
    slowest = (0.0, 0, "")
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        names = rng.sample(sorted(SHAPES), rng.randint(2, 4))
        code = "\n".join(SHAPES[name](rng.randint(2, 15)) for name in names)
        per_100 = milliseconds(code) * 100 / (code.count("\n") + 1)
        slowest = max(slowest, (per_100, number, "+".join(names)))
    print(f"{count} programs: slowest {slowest[0]:.0f} ms per 100 lines (number {slowest[1]}: {slowest[2]})")


def main() -> None:
    """Run the benchmark."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", type=int, nargs="+", default=[20, 40, 80])
    options.add_argument("--fuzz", type=int, metavar="N")
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    if chosen.fuzz:
        fuzz(chosen.fuzz, chosen.seed)
    else:
        table(chosen.sizes)


if __name__ == "__main__":
    main()
