"""Runs every program of a data set through extraction, sandbox (twice), detector and type checker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from types import TracebackType

from real import detector
from real.datasets.validation.rows import Outcomes, ProgramRun, RowReport, judge_row, programs_of
from real.execution import Pool
from real.execution.limits import limits_for
from real.extract import extract
from real.typecheck import Checker, TypecheckCfg
from real.types import Check, ExecutionRequest, ExecutionResult, Limits, Suite, Task

# As for a model's program, except that the time a reference needs is only being found out.
LIMITS = Limits(cpu_s=10.0)
RUNS = 2  # a row whose runs disagree is flaky
_CHUNK = 16  # rows in work at a time


class Validator:
    """Validates rows; a context manager that owns a sandbox of ``workers`` processes (0: one per core) and a MyPy.

    Raises ``InfrastructureError`` where the sandbox cannot be had at ``min_isolation``.
    """

    def __init__(self, workers: int = 0, *, protocol: str = "strict", min_isolation: str = "medium") -> None:
        self.protocol = protocol
        self.pool = Pool(workers, min_isolation, cache_mb=0)  # a remembered outcome would hide a flaky row
        self.checker = Checker.configured(TypecheckCfg())

    def __enter__(self) -> Validator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pool.close()
        self.checker.close()

    def validate(self, tasks: Sequence[Task]) -> Iterator[RowReport]:
        """One report for each task, in order."""
        for start in range(0, len(tasks), _CHUNK):
            yield from self._chunk(tasks[start : start + _CHUNK])

    def _chunk(self, tasks: Sequence[Task]) -> Iterator[RowReport]:
        programs = [(task, role, code) for task in tasks for role, code in programs_of(task)]
        extracted = [extract(f"```python\n{code}\n```").code for _, _, code in programs]
        pending = [
            (self._start(task, program, task.tests), self._start(task, program, task.safety))
            for (task, _, _), program in zip(programs, extracted, strict=True)
        ]
        sources = [program or code for (_, _, code), program in zip(programs, extracted, strict=True)]
        types = self.checker.check(sources, [task.starter_code for task, _, _ in programs])
        runs: dict[str, list[ProgramRun]] = {task.task_id: [] for task in tasks}
        for (task, role, code), program, (tests, safety), typed in zip(
            programs, extracted, pending, types, strict=True
        ):
            analyses = {Check.SECURITY: detector.scan(program or code), Check.MAINTAINABILITY: typed}
            runs[task.task_id].append(
                ProgramRun(role, code, program == code, _outcomes(tests), _outcomes(safety), analyses)
            )
        for task in tasks:
            yield judge_row(task, runs[task.task_id])

    def _start(self, task: Task, program: str | None, suite: Suite | None) -> list[Future[ExecutionResult]]:
        if suite is None or program is None:
            return []
        job = ExecutionRequest(task.task_id, program, suite, limits_for(task, LIMITS))
        return [self.pool.submit(job, self.protocol) for _ in range(RUNS)]


def _outcomes(results: list[Future[ExecutionResult]]) -> list[Outcomes]:
    return [result.result().outcomes for result in results]
