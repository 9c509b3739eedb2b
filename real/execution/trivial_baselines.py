"""The scores of programs that solve nothing (empty, constant, raising), as a floor for others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from real.execution.backends.base import Backend
from real.execution.compare import same_text, same_value
from real.execution.expectations import (
    Expectation,
    NotStaticError,
    presumed_expectations,
    static_expectations,
    static_value,
)
from real.execution.paper_rules import array_equal, same_printed, same_returned
from real.types import CallSuite, ExecutionRequest, JsonValue, LiteralSuite, OutcomeStatus, ScriptSuite, Suite, Task


@dataclass(frozen=True, slots=True)
class TrivialBaseline:
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

    @property
    def known_best(self) -> float | None:
        """As ``best``, but ``None`` where the machine failed at one of the three."""
        return None if None in (self.empty, self.constant, self.value_error) else self.best


def trivial_baselines(
    tasks: Sequence[Task], pool: Backend, protocol: str = "strict", set_up: Container[str] = ()
) -> list[TrivialBaseline]:
    """The scores of the three programs on each task's function tests, in the order of the tasks.

    What the three print or return is known, so that nothing needs to run but tests with expressions: in ``pool``. Where
    these are no expected values, one run of the empty program shows whether they can be evaluated. It is spared where
    the task is in ``set_up``, whose set-ups are known not to fail (a program was run after them), and nothing else has
    to be evaluated.
    """
    scores = [_known(task.tests, protocol) for task in tasks]
    unknown = [row for row, known in enumerate(scores) if known is None]
    presumed = {row: known for row in unknown if (known := _presumed(tasks[row].tests, protocol)) is not None}
    for row in [row for row in presumed if tasks[row].task_id in set_up and _has_static_arguments(tasks[row].tests)]:
        scores[row] = presumed.pop(row)
    probes = [ExecutionRequest(tasks[row].task_id, *_probe(tasks[row].tests)) for row in presumed]
    for (row, known), probe in zip(presumed.items(), pool.run(probes, protocol) if probes else (), strict=True):
        if all(outcome.status is OutcomeStatus.PASS for outcome in probe.outcomes):
            scores[row] = known
    unknown = [row for row in unknown if scores[row] is None]
    kinds: tuple[Callable[[Suite], str], ...] = (_empty, _constant, _value_error)
    requests = [
        ExecutionRequest(tasks[row].task_id, kind(tasks[row].tests), tasks[row].tests)
        for row in unknown
        for kind in kinds
    ]
    results = iter(pool.run(requests, protocol) if requests else ())
    for row in unknown:
        scores[row] = [_share([outcome.status for outcome in next(results).outcomes]) for _ in kinds]
    return [TrivialBaseline(task.task_id, *(known or ())) for task, known in zip(tasks, scores, strict=True)]


def _known(suite: Suite, protocol: str) -> list[float | None] | None:
    """The three scores where nothing needs to run for them, else ``None``."""
    match suite:
        case ScriptSuite():
            return _of_script(suite, protocol)
        case CallSuite():
            return _of_call(suite, protocol)
        case LiteralSuite():
            with suppress(NotStaticError):
                return _of_literals(suite, protocol)
    return None


def _of_script(suite: ScriptSuite, protocol: str) -> list[float | None]:
    expected = [case.expected for case in suite.cases]
    constant = _commonest(expected)

    def passes(text: str, each: str) -> bool:  # by paper: with as many prompts before it as the test has lines
        return same_printed(text, each, ()) if protocol == "paper" else same_text(text, each)

    return [_mean([passes(text, each) for each in expected]) for text in ("", constant)] + [0.0]


def _of_call(suite: CallSuite, protocol: str) -> list[float | None]:
    same = same_returned if protocol == "paper" else same_value
    expected = {repr(case.expected): case.expected for case in suite.cases}
    constant = expected.get(_commonest([repr(case.expected) for case in suite.cases]))
    return [_mean([same(value, case.expected) for case in suite.cases]) for value in (None, constant)] + [0.0]


def _of_literals(suite: LiteralSuite, protocol: str) -> list[float | None]:
    """Raises ``NotStaticError`` where arguments or expected values have to be evaluated."""
    expected = static_expectations(suite.setup, _sources(suite))
    _check_arguments(suite)
    return _scores(suite, expected, protocol)


def _check_arguments(suite: LiteralSuite) -> None:
    """Raises ``NotStaticError`` where arguments have to be evaluated, or cannot be passed."""
    for case in suite.cases:
        given = static_value(case.arguments)
        if isinstance(given, dict) and not all(isinstance(key, str) for key in given):
            raise NotStaticError("keyword arguments without a name")


def _has_static_arguments(suite: Suite) -> bool:
    assert isinstance(suite, LiteralSuite)
    try:
        _check_arguments(suite)
    except NotStaticError:
        return False
    return True


def _presumed(suite: Suite, protocol: str) -> list[float | None] | None:
    """The three scores if set-up and arguments can be evaluated; ``None`` where they do not follow from that."""
    if isinstance(suite, LiteralSuite) and suite.cases:
        with suppress(NotStaticError):
            return _scores(suite, presumed_expectations(suite.setup, _sources(suite)), protocol)
    return None


def _probe(suite: Suite) -> tuple[str, Suite]:
    """A program that passes a suite with the set-up and the arguments of this one if they can be evaluated."""
    assert isinstance(suite, LiteralSuite)
    return _empty(suite), replace(suite, cases=tuple(replace(case, expected="None") for case in suite.cases))


def _scores(suite: LiteralSuite, expected: list[Expectation], protocol: str) -> list[float | None]:
    constant = expected[_sources(suite).index(_constant_of(suite))] if expected else Expectation()
    answers = (Expectation(None), constant, Expectation(exception="ValueError"))
    return [_mean([_is_right(answer, each, protocol) for each in expected]) for answer in answers]


def _sources(suite: LiteralSuite) -> list[str]:
    return [case.expected.strip() for case in suite.cases]


def _is_right(answer: Expectation, expected: Expectation, protocol: str) -> bool:
    if answer.exception is None and expected.exception is None:
        same = array_equal if protocol == "paper" else same_value
        return same(answer.value, expected.value)
    return answer.exception == expected.exception


def _mean(passed: list[bool]) -> float | None:
    return sum(passed) / len(passed) if passed else None


def _share(statuses: list[OutcomeStatus]) -> float | None:
    if OutcomeStatus.INFRA_ERROR in statuses:
        return None
    return _mean([status is OutcomeStatus.PASS for status in statuses])


def _function(entry: str, body: str) -> str:
    """A program whose entry point, a function or a method, has ``body``."""
    head, _, method = entry.partition(".")
    define = f"def {method or head}(*args, **kwargs):\n"
    if not method:
        return define + "".join(f"    {line}\n" for line in body.splitlines())
    return f"class {head}:\n    {define}" + "".join(f"        {line}\n" for line in body.splitlines())


def _empty(suite: Suite) -> str:
    return _function(suite.entry, "pass") if isinstance(suite, LiteralSuite) else ""


def _value_error(suite: Suite) -> str:
    return _function(suite.entry, "raise ValueError") if isinstance(suite, LiteralSuite) else ""


def _constant(suite: Suite) -> str:
    if not isinstance(suite, LiteralSuite):
        return ""
    # The names in an expected value are those of the set-up, which the program shares; exceptions are raised.
    body = f"value = {_constant_of(suite)}\n"
    body += "if isinstance(value, type) and issubclass(value, BaseException):\n    raise value\nreturn value"
    return _function(suite.entry, body)


def _constant_of(suite: LiteralSuite) -> str:
    """The expected value that the constant program gives."""
    return _commonest(_sources(suite))


def _commonest(texts: list[str]) -> str:
    return Counter(texts).most_common(1)[0][0] if texts else ""


def summary_of(found: Sequence[TrivialBaseline]) -> dict[str, JsonValue]:
    """For each of the three programs the mean share of ``cases`` it passes and the share of tasks it has ``solved``.

    Tasks on which the machine failed are left out of both; ``null`` where no task is left.
    """
    summary: dict[str, JsonValue] = {}
    for name in ("empty", "constant", "value_error"):
        known = [share for row in found if (share := getattr(row, name)) is not None]
        count = len(known)
        summary[name] = {
            "cases": round(sum(known) / count, 6) if count else None,
            "solved": round(sum(share == 1 for share in known) / count, 6) if count else None,
        }
    return summary
