"""Raise the CPU limit of tasks whose reference is slow; measured when a program first runs out of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from real.execution.backends.base import Backend
from real.execution.calibration import slowness
from real.execution.limits import REFERENCE_TAG, limits_for
from real.types import ExecutionRequest, ExecutionResult, Limits, OutcomeStatus, Task

_USUAL = Limits()
_GENEROUS_S = 10.0  # CPU seconds that a reference may take


class ReferenceTimes:
    """Measures, once, the CPU seconds of references in ``pool``, unless the task's tag ``reference_cpu_s`` tells."""

    def __init__(self, pool: Backend, protocol: str = "strict", usual: Limits = _USUAL) -> None:
        self._pool, self._protocol, self._usual = pool, protocol, usual
        self._limits: dict[tuple[str, str, str], Limits] = {}

    def again(
        self, requests: Sequence[ExecutionRequest], tasks: Sequence[Task], results: Mapping[str, ExecutionResult]
    ) -> dict[str, ExecutionResult]:
        """New results, by request id, for requests that ran out of time and whose task allows more than they had."""
        late = [
            (request, task)
            for request, task in zip(requests, tasks, strict=True)
            if self._is_late(results.get(request.request_id))
        ]
        self._measure(late)
        allowed = [(request, self._limits.get(_name(task), request.limits)) for request, task in late]
        longer = [
            replace(request, limits=replace(request.limits, cpu_s=limits.cpu_s))
            for request, limits in allowed
            if limits.cpu_s > request.limits.cpu_s
        ]
        return {result.request_id: result for result in self._pool.run(longer, self._protocol)} if longer else {}

    def _is_late(self, result: ExecutionResult | None) -> bool:
        """Whether time ran out by our limits; those of the paper are fixed."""
        outcomes = () if result is None else result.outcomes
        strict = (o.status if self._protocol == "strict" or o.other is None else o.other for o in outcomes)
        return OutcomeStatus.TIMEOUT in strict

    def _measure(self, late: Sequence[tuple[ExecutionRequest, Task]]) -> None:
        new = {_name(task): (request, task) for request, task in late if _name(task) not in self._limits}
        unknown = {
            name: (request, task)
            for name, (request, task) in new.items()
            if task.reference is not None and REFERENCE_TAG not in task.tags
        }
        requests = [
            replace(
                request,
                request_id=task.task_id,
                code=task.reference or "",
                suite=task.tests,
                limits=replace(limits_for(task, self._usual), cpu_s=_GENEROUS_S),
            )
            for request, task in unknown.values()
        ]
        results = self._pool.run(requests, self._protocol) if requests else []
        for (name, (_, task)), result in zip(unknown.items(), results, strict=True):
            # Limits are multiplied by how slow this machine is, so what they are made of must not be.
            slowest = max((o.seconds for o in result.outcomes if o.status is OutcomeStatus.PASS), default=0.0)
            tags = {**task.tags, REFERENCE_TAG: str(slowest / slowness())}
            self._limits[name] = limits_for(replace(task, tags=tags), self._usual)
        for name, (_, task) in new.items():
            self._limits.setdefault(name, limits_for(task, self._usual))


def _name(task: Task) -> tuple[str, str, str]:
    return task.dataset, task.split, task.task_id
