"""Where the time of a reward goes: each part alone, one after the other; for ``rewards_per_second.py --parts``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from real import detector
from real.datasets import load_path
from real.execution import Pool
from real.execution.trivial_baselines import trivial_baselines
from real.extract import extract
from real.typecheck import Checker, Submission
from real.types import ExecutionRequest, Suite, Task


def show_parts(name: str, folder: Path, answers: Sequence[tuple[Task, str]]) -> None:
    """Print wall and CPU seconds of each part; those of worker processes once they have ended."""
    measure = _Measure(name, len(answers))
    measure("load the data", lambda: load_path(str(folder), "train"))
    programs: list[tuple[Task, str]] = []

    def extraction() -> None:
        programs.extend((task, code) for task, text in answers if (code := extract(text).code) is not None)

    measure("extract", extraction)
    measure("detector", lambda: [detector.scan(code) for _, code in programs])
    measure("MyPy: start", lambda: _typechecked([]))
    measure("MyPy: start, programs", lambda: _typechecked(programs))
    measure("sandbox: start", lambda: _run([]))
    measure("sandbox: start, tests", lambda: _run([(task.tests, code) for task, code in programs]))
    safety = [(task.safety, code) for task, code in programs if task.safety is not None]
    measure("sandbox: start, safety", lambda: _run(safety))
    measure("sandbox: start, baselines", lambda: _baselines([task for task, _ in programs]))


class _Measure:
    def __init__(self, name: str, count: int) -> None:
        self._name, self._count = name, count
        print(f"{'data set':<16} {'part (each alone)':<28} {'wall s':>7} {'CPU s':>7} {'CPU ms/answer':>14}")

    def __call__(self, part: str, work: Callable[[], object]) -> None:
        before, began = sum(os.times()[:4]), time.monotonic()
        work()
        wall, cpu = time.monotonic() - began, sum(os.times()[:4]) - before
        print(f"{self._name:<16} {part:<28} {wall:7.2f} {cpu:7.2f} {1000 * cpu / self._count:14.2f}")


def _typechecked(programs: Sequence[tuple[Task, str]]) -> None:
    with Checker() as checker:
        checker.check(["x = 1\n", *[Submission.of(task, code) for task, code in programs]])


def _run(suites: Sequence[tuple[Suite, str]]) -> None:
    with Pool(cache_mb=0) as pool:
        pool.run([ExecutionRequest(str(number), code, suite) for number, (suite, code) in enumerate(suites)])


def _baselines(tasks: Sequence[Task]) -> None:
    with Pool(cache_mb=0) as pool:
        trivial_baselines(tasks, pool)
