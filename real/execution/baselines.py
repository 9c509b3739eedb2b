"""What doing nothing scores: a share of tests passed means little where an empty program has it too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from real.execution.pool import Pool
from real.types import CallSuite, Job, LiteralSuite, OutcomeStatus, ScriptSuite, Suite, Task


@dataclass(frozen=True, slots=True)
class Baseline:
    """Shares of a task's test cases, from 0 to 1, that three programs pass which do not solve it.

    ``empty`` does nothing (a function that returns nothing), ``constant`` gives the answer expected most often and
    ``value_error`` always raises ``ValueError``. ``None``: the machine failed.
    """

    task_id: str
    empty: float | None
    constant: float | None
    value_error: float | None

    @property
    def best(self) -> float:
        """The highest of the three: a solution that scores no more has shown nothing."""
        return max(score or 0.0 for score in (self.empty, self.constant, self.value_error))


def baselines(tasks: Sequence[Task], pool: Pool, protocol: str = "strict") -> list[Baseline]:
    """The scores of the three programs on each task's function tests, in the order of the tasks."""
    kinds: tuple[Callable[[Suite], str], ...] = (_empty, _constant, _value_error)
    jobs = [Job(task.task_id, kind(task.tests), task.tests) for task in tasks for kind in kinds]
    results = iter(pool.stream(jobs, protocol))
    found = []
    for task in tasks:
        scores = [_share([outcome.status for outcome in next(results).outcomes]) for _ in kinds]
        found.append(Baseline(task.task_id, *scores))
    return found


def _share(statuses: list[OutcomeStatus]) -> float | None:
    if not statuses or OutcomeStatus.INFRA_ERROR in statuses:
        return None
    return statuses.count(OutcomeStatus.PASS) / len(statuses)


def _function(entry: str, body: str) -> str:
    """A program whose entry point, a function or a method, has ``body``."""
    head, _, method = entry.partition(".")
    define = f"def {method or head}(*args, **kwargs):\n"
    if not method:
        return define + "".join(f"    {line}\n" for line in body.splitlines())
    return f"class {head}:\n    {define}" + "".join(f"        {line}\n" for line in body.splitlines())


def _empty(suite: Suite) -> str:
    return _function(suite.entry, "pass") if isinstance(suite, (CallSuite, LiteralSuite)) else ""


def _value_error(suite: Suite) -> str:
    body = "raise ValueError"
    return _function(suite.entry, body) if isinstance(suite, (CallSuite, LiteralSuite)) else body


def _constant(suite: Suite) -> str:
    if isinstance(suite, ScriptSuite):
        return f"import sys\nsys.stdout.write({_commonest([case.expected for case in suite.cases])!r})\n"
    if isinstance(suite, CallSuite):
        return _function(suite.entry, f"return {_commonest([repr(case.expected) for case in suite.cases])}")
    if isinstance(suite, LiteralSuite):
        # The names in an expected value are those of the set-up, which the program shares; exceptions are raised.
        body = f"value = {_commonest([case.expected.strip() for case in suite.cases])}\n"
        body += "if isinstance(value, type) and issubclass(value, BaseException):\n    raise value\nreturn value"
        return _function(suite.entry, body)
    return ""


def _commonest(texts: list[str]) -> str:
    return Counter(texts).most_common(1)[0][0]
