"""``real-detect`` beside bandit on one tree, as people run them: wall time and CPU of both commands, in turn.

``python benchmarks/linter_speed.py TREE [--rounds 3] [--bandit COMMAND]``. Only ratios within one run count: a machine
may be shared. Files that one of them cannot read are counted by neither.
"""

from __future__ import annotations

import argparse
import os
import resource
import shlex
import subprocess
import sys
import time
from pathlib import Path


def measured(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of a command and its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    wall = time.perf_counter() - start
    if done.returncode not in (0, 1):  # findings are no failure
        sys.exit(f"{shlex.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print seconds of each round, and the ratios of the sums."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("tree", type=Path)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--bandit", default=f"{sys.executable} -m bandit", help="the command of bandit")
    given = options.parse_args()
    tree = str(given.tree)
    commands = {
        "real-detect": [sys.executable, "-m", "real.detector", "--isolated", tree],
        "bandit": [*shlex.split(given.bandit), "-q", "-r", tree],
    }
    lines = sum(path.read_bytes().count(b"\n") for path in given.tree.rglob("*.py"))
    print(f"{tree}: {lines:,} lines; {len(os.sched_getaffinity(0))} cores")
    total = {name: [0.0, 0.0] for name in commands}
    for number in range(given.rounds):
        for name, command in commands.items():
            wall, cpu = measured(command)
            total[name][0] += wall
            total[name][1] += cpu
            print(f"round {number + 1}: {name:<12} {wall:7.1f} s wall {cpu:7.1f} s CPU", flush=True)
    ours, theirs = total["real-detect"], total["bandit"]
    print(f"real-detect / bandit: {ours[0] / theirs[0]:.2f} wall, {ours[1] / theirs[1]:.2f} CPU")


main()
