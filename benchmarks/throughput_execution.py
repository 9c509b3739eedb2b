"""Test cases a second, beside the straightforward way, in one run: ``python benchmarks/throughput_execution.py``.

The straightforward way runs two fresh interpreters a case, one after the other: one builds the database, one runs the
program; no isolation, no limits. CPU seconds are those of this process and all its children, wall seconds those of the
clock; the start of our workers is included. Quote the ratios: single figures depend on the machine and its load.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from real.datasets import load_path
from real.execution import Pool
from real.types import ExecutionRequest, OutcomeStatus, ScriptSuite, StdinCase, Task


@dataclass(frozen=True, slots=True)
class Row:
    """One way and what it took; seconds."""

    name: str
    cases: int
    passed: int
    cpu: float
    wall: float


class Clock:
    """CPU seconds (of this process and of its children, once reaped) and wall seconds since its start."""

    def __init__(self) -> None:
        self._cpu, self._wall = sum(os.times()[:4]), time.perf_counter()

    def row(self, name: str, cases: int, passed: int) -> Row:
        """What has been spent so far."""
        return Row(name, cases, passed, sum(os.times()[:4]) - self._cpu, time.perf_counter() - self._wall)


def _suite(task: Task) -> ScriptSuite:
    assert isinstance(task.tests, ScriptSuite)
    return task.tests


def straightforward(sample: Sequence[tuple[Task, StdinCase]], interpreter: str) -> Row:
    """Two fresh interpreters per case, in a fresh folder."""
    clock, passed = Clock(), 0
    for task, case in sample:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([interpreter, "-c", _suite(task).database or ""], cwd=folder, check=True)
            done = subprocess.run(
                [interpreter, "-c", task.unsafe or ""],
                cwd=folder,
                input=case.stdin,
                capture_output=True,
                text=True,
                check=False,
            )
            # Prompts come first in the output: a lenient comparison, since this way has none of its own.
            passed += done.stdout.rstrip().endswith(case.expected.rstrip())
    return clock.row("two interpreters a case, one by one", len(sample), passed)


def ours(tasks: Sequence[Task], workers: int) -> tuple[Row, float]:
    """Every case of every task in a pool; also the CPU seconds of the programs' own processes."""
    requests = [ExecutionRequest(task.task_id, task.unsafe or "", task.tests) for task in tasks]
    clock = Clock()
    with Pool(workers) as pool:
        results = pool.run(requests)
        print(pool.describe())
    outcomes = [outcome for result in results for outcome in result.outcomes]
    passed = sum(outcome.status is OutcomeStatus.PASS for outcome in outcomes)
    return clock.row(f"the pool, {workers} workers", len(outcomes), passed), sum(o.seconds for o in outcomes)


def show(rows: Sequence[Row]) -> None:
    """Print the table; the last row is compared with the first, per case."""
    print(f"{'':<38} {'cases':>6} {'passed':>6} {'CPU s':>8} {'wall s':>8} {'CPU ms/case':>12} {'cases/s':>8}")
    for row in rows:
        each = 1000 * row.cpu / row.cases
        print(
            f"{row.name:<38} {row.cases:>6} {row.passed:>6} {row.cpu:>8.2f} {row.wall:>8.2f} {each:>12.2f}"
            f" {row.cases / row.wall:>8.1f}"
        )
    slow, fast = rows[0], rows[-1]
    cpu, wall = (slow.cpu / slow.cases) / (fast.cpu / fast.cases), (slow.wall / slow.cases) / (fast.wall / fast.cases)
    print(f"ratio per case: {cpu:.1f} x in CPU seconds, {wall:.1f} x in wall time")


def main() -> None:
    """Measure both ways and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="../shared/data/safesql", help="folder of the released SafeSQL data")
    parser.add_argument("--workers", type=int, default=2, help="our worker processes (default: 2)")
    parser.add_argument("--sample", type=int, default=200, help="cases for the slow way; 0: all (default: 200)")
    parser.add_argument("--interpreter", default=sys.executable, help="the slow way's Python (default: this one)")
    options = parser.parse_args()
    tasks = load_path(str(Path(options.data)), "test").tasks
    every = [(task, case) for task in tasks for case in _suite(task).cases]
    sample = random.Random(0).sample(every, options.sample) if 0 < options.sample < len(every) else every
    print(f"{len(tasks)} programs, {len(every)} cases; the slow way runs {len(sample)} of them, drawn with seed 0")
    fast, programs = ours(tasks, options.workers)
    show([straightforward(sample, options.interpreter), fast])
    print(
        f"what bounds it: {100 * programs / fast.cpu:.0f} % of our CPU time is spent in the programs' own processes"
        f" ({1000 * programs / fast.cases:.2f} ms a case: fork, confinement, SQLite, exit), the rest in the supervisor,"
        " the grader and the start of the workers"
    )


if __name__ == "__main__":
    main()
