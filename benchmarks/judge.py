"""How fast a verdict is, beside the straightforward way, in one run: ``python benchmarks/judge.py [--tasks 40]``.

The straightforward way builds the database and runs the program in two fresh interpreters a test case (no isolation at
all), and calls ``mypy.api.run`` with its warm disk cache on each program. Figures are CPU seconds of this process and
its children, and wall seconds; quote the ratios, single figures depend on the machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mypy import api

from real.datasets import load
from real.datasets.config import DatasetCfg
from real.judge import Judge, JudgeCfg
from real.types import Completion, ScriptSuite, Task


def straightforward(tasks: Sequence[Task]) -> int:
    """Run and type-check each reference one after another; returns the number of programs that passed."""
    passed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cache = f"--cache-dir={folder / 'cache'}"
        api.run(["--strict", cache, "-c", "import sqlite3"])  # warm
        for task in tasks:
            program = folder / "program.py"
            program.write_text(task.reference or "")
            ok = api.run(["--strict", cache, str(program)])[2] == 0
            assert isinstance(task.tests, ScriptSuite)
            for case in task.tests.cases:
                with tempfile.TemporaryDirectory(dir=folder) as work:
                    subprocess.run([sys.executable, "-c", task.tests.database or ""], cwd=work, check=True)
                    done = subprocess.run(
                        [sys.executable, str(program)],
                        cwd=work,
                        input=case.stdin,
                        capture_output=True,
                        text=True,
                        check=False,
                    )
                    ok = ok and done.stdout.strip() == case.expected.strip()
            passed += ok
    return passed


def ours(tasks: Sequence[Task]) -> int:
    """Judge each reference in the sandbox, the type checker and the detector; returns the number that passed."""
    completions = [Completion(task.task_id, f"```python\n{task.reference}\n```") for task in tasks]
    with Judge(JudgeCfg()) as judge:
        return sum(made.value == 1.0 for _, made in judge.score(tasks, completions))


def measured(work: Callable[[Sequence[Task]], int], tasks: Sequence[Task]) -> tuple[int, float, float]:
    """Result, CPU seconds (children included, once reaped) and wall seconds of ``work``."""
    before, began = os.times(), time.perf_counter()
    result = work(tasks)
    after, wall = os.times(), time.perf_counter() - began
    return result, sum(after[:4]) - sum(before[:4]), wall


def main() -> None:
    """Print both ways and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=40, help="test tasks of safesql_mini (default: 40)")
    tasks = load(DatasetCfg(test_tasks=parser.parse_args().tasks), "test").tasks
    cases = sum(len(task.tests.cases) for task in tasks)
    print(f"{len(tasks)} programs, {cases} test cases; start-up of our workers is included")
    rows = {name: measured(work, tasks) for name, work in (("straightforward", straightforward), ("REAL", ours))}
    for name, (passed, cpu, wall) in rows.items():
        print(f"{name:>15}: {passed} passed, {cpu:6.2f} CPU s, {wall:6.2f} wall s, {cases / wall:6.1f} cases/s")
    slow, fast = rows["straightforward"], rows["REAL"]
    print(f"ratio: {slow[1] / fast[1]:.1f} x in CPU time, {slow[2] / fast[2]:.1f} x in wall time")


if __name__ == "__main__":
    main()
