"""Runs every program of a data set through extraction, sandbox (twice), detector and type checker.

Limits are those of scoring: what is valid here is not refused there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from types import TracebackType

from real import detector
from real.datasets.validation.rows import ProgramRun, Role, RowResult, judge_row, programs_of
from real.execution import Pool
from real.execution.limits import limits_for
from real.execution.reference_times import ReferenceTimes
from real.extract import extract
from real.typecheck import Checker, Submission, TypecheckCfg
from real.types import Check, ExecutionRequest, ExecutionResult, Suite, Task

RUNS = 2  # a row whose runs disagree is flaky
_CHUNK = 16  # rows in work at a time


class Validator:
    """Validates rows; a context manager that owns a sandbox of ``workers`` processes (0: one per core) and a MyPy.

    Raises ``InfrastructureError`` where the sandbox cannot be had at ``min_isolation``.
    """

    def __init__(self, workers: int = 0, *, protocol: str = "strict", min_isolation: str = "medium") -> None:
        self.protocol = protocol
        self.pool = Pool(workers, min_isolation, cache_mb=0)  # a remembered outcome would hide a flaky row
        self._times = ReferenceTimes(self.pool, protocol)
        self.checker = Checker.configured(TypecheckCfg())

    def __enter__(self) -> Validator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pool.close()
        self.checker.close()

    def validate(self, tasks: Sequence[Task]) -> Iterator[RowResult]:
        """One result for each task, in order."""
        for start in range(0, len(tasks), _CHUNK):
            yield from self._chunk(tasks[start : start + _CHUNK])

    def _chunk(self, tasks: Sequence[Task]) -> Iterator[RowResult]:
        programs = [_Program(task, role, code) for task in tasks for role, code in programs_of(task)]
        running = [self.pool.submit(request, self.protocol) for program in programs for request in program.requests]
        sources = [program.extracted or program.code for program in programs]
        submissions = [Submission.of(p.task, source) for p, source in zip(programs, sources, strict=True)]
        types = self.checker.check(submissions)
        results = self._results(programs, running)
        runs: dict[str, list[ProgramRun]] = {task.task_id: [] for task in tasks}
        for program, source, typed in zip(programs, sources, types, strict=True):
            analyses = {Check.SECURITY: detector.scan(source), Check.MAINTAINABILITY: typed}
            tests, safety = ([results[one.request_id].outcomes for one in part] for part in program.suites)
            unchanged = program.extracted == program.code
            run = ProgramRun(program.role, program.code, unchanged, tests, safety, analyses)
            runs[program.task.task_id].append(run)
        for task in tasks:
            yield judge_row(task, runs[task.task_id])

    def _results(
        self, programs: Sequence[_Program], running: Sequence[Future[ExecutionResult]]
    ) -> dict[str, ExecutionResult]:
        """Results by request id; tests that ran out of time have the time that the task's reference needs."""
        results = {result.request_id: result for result in (one.result() for one in running)}
        tests = [(request, program.task) for program in programs for request in program.suites[0]]
        return results | self._times.again([request for request, _ in tests], [task for _, task in tests], results)


class _Program:
    """One program of a row, as extraction gives it back, and the requests that run its two suites."""

    def __init__(self, task: Task, role: Role, code: str) -> None:
        self.task, self.role, self.code = task, role, code
        self.extracted = extract(f"```python\n{code}\n```").code
        self.suites = (self._requests("tests", task.tests), self._requests("safety", task.safety))

    @property
    def requests(self) -> list[ExecutionRequest]:
        """Those of both suites."""
        return [request for suite in self.suites for request in suite]

    def _requests(self, what: str, suite: Suite | None) -> list[ExecutionRequest]:
        if suite is None or self.extracted is None:
            return []
        names = [f"{self.task.task_id} {self.role} {what} {run}" for run in range(RUNS)]
        return [ExecutionRequest(name, self.extracted, suite, limits_for(self.task)) for name in names]
