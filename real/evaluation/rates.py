"""Verdicts to pass rates: Function, Quality and Func.-Qual. (paper section 4.1)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from real.evaluation.intervals import clustered_difference, effective_size, newcombe_paired, wilson
from real.evaluation.pass_at_k import PASSED, pass_at_k_of
from real.types import JsonValue, Verdict
from real.verdicts import func_qual_passed, safety_passed

RATE_NAMES = tuple(PASSED)


@dataclass(frozen=True, slots=True)
class Rate:
    """``passed`` of ``n`` samples and the 95 % Wilson interval; ``rate`` is NaN where every sample was masked.

    ``effective_n`` is how many independent samples would tell as much: fewer than ``n`` where tasks have several
    samples each, which depend on one another.
    """

    passed: int
    n: int
    rate: float
    low: float
    high: float
    effective_n: float

    @classmethod
    def of(cls, passed: int, n: int, effective_n: float | None = None) -> Rate:
        """The rate of ``passed`` out of ``n``; raises ``ValueError`` unless ``0 <= passed <= n``."""
        low, high = wilson(passed, n, effective_n)
        return cls(passed, n, passed / n if n else math.nan, low, high, n if effective_n is None else effective_n)

    @classmethod
    def of_tasks(cls, marks: Sequence[tuple[str, bool]], n: int) -> Rate:
        """The rate of samples given as (task, passed), out of ``n``, which may count more samples, as not passed."""
        passed = sum(mark for _, mark in marks)
        by_task: dict[str, list[bool]] = defaultdict(list)
        for task, mark in marks:
            by_task[task].append(mark)
        if len(by_task) == len(marks) or n != len(marks):
            return cls.of(passed, n)
        return cls.of(passed, n, effective_size([(sum(own), len(own)) for own in by_task.values()]))


@dataclass(frozen=True, slots=True)
class Metrics:
    """The three rates over the same ``n`` samples; ``safety`` (Table 5) has an ``n`` of its own where tasks have it.

    ``flaky`` programs had other outcomes in a second run. ``pass_at_k`` has the rates for each k (as text) where tasks
    have several samples: the rates themselves are then pass@1.
    """

    function: Rate
    quality: Rate
    func_qual: Rate
    safety: Rate | None
    n: int
    masked: int
    flaky: int = 0
    pass_at_k: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def rates(self) -> dict[str, Rate]:
        """Rates by name, in the order of the paper's tables."""
        named = {"function": self.function, "quality": self.quality, "func_qual": self.func_qual}
        return named if self.safety is None else {**named, "safety": self.safety}


@dataclass(frozen=True, slots=True)
class Difference:
    """After minus before on the ``n`` tasks judged both times, with Newcombe's paired 95 % interval."""

    difference: float
    low: float
    high: float
    n: int


def summarize(verdicts: Sequence[Verdict], *, count_masked: bool = False) -> Metrics:
    """Pass rates over the verdicts of one model on one split; masked samples leave ``n`` and are counted.

    A sample leaves all three rates where either of its two sides is unknown, so that the three share one ``n`` and
    Func.-Qual. can never exceed the other two. With ``count_masked`` they stay in ``n`` as not passed, which makes the
    rates lower bounds.
    """
    judged = [v for v in verdicts if func_qual_passed(v) is not None]
    n = len(verdicts) if count_masked else len(judged)
    function, quality, func_qual = (
        Rate.of_tasks([(v.task_id, passed(v) is True) for v in judged], n) for passed in PASSED.values()
    )
    return Metrics(
        function=function,
        quality=quality,
        func_qual=func_qual,
        safety=_safety_rate(verdicts),
        n=n,
        masked=len(verdicts) - len(judged),
        flaky=sum(v.flaky for v in verdicts),
        pass_at_k=pass_at_k_of(judged) if len({v.task_id for v in judged}) < len(judged) else {},
    )


def paired_difference(before: Sequence[Verdict], after: Sequence[Verdict]) -> dict[str, Difference]:
    """After minus before for each of ``RATE_NAMES``, paired by task id; tasks masked or absent on a side are left out.

    Newcombe's paired interval (see ``intervals``); where tasks have several samples, that of ``clustered_difference``.
    """
    earlier, later = _by_task(before), _by_task(after)
    shared = [task for task in later if task in earlier]
    differences = {}
    for name, passed in PASSED.items():
        pairs = [([passed(v) is True for v in earlier[t]], [passed(v) is True for v in later[t]]) for t in shared]
        if all(len(old) == len(new) == 1 for old, new in pairs):
            cells = [(old[0], new[0]) for old, new in pairs]
            table = [cells.count(key) for key in ((True, True), (True, False), (False, True), (False, False))]
            found = newcombe_paired(*table)
        else:
            found = clustered_difference([sum(new) / len(new) - sum(old) / len(old) for old, new in pairs])
        differences[name] = Difference(*found, n=len(pairs))
    return differences


def _by_task(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    """The judged samples of each task that has any."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if func_qual_passed(verdict) is not None:
            found.setdefault(verdict.task_id, []).append(verdict)
    return found


def to_json(metrics: Metrics) -> dict[str, JsonValue]:
    """The form of ``metrics.json``: one number a rate, beside them ``n``, ``masked``, ``passed`` and ``intervals``."""
    rates = metrics.rates()
    record: dict[str, JsonValue] = {name: _number(rate.rate) for name, rate in rates.items()}
    record["n"], record["masked"] = metrics.n, metrics.masked
    if metrics.safety is not None:
        record["safety_n"] = metrics.safety.n
    record["passed"] = {name: rate.passed for name, rate in rates.items()}
    record["intervals"] = {name: [rate.low, rate.high] for name, rate in rates.items()}
    record["flaky"] = metrics.flaky
    if metrics.pass_at_k:
        record["effective_n"] = {name: rate.effective_n for name, rate in rates.items()}
        record["pass_at_k"] = {k: dict(values) for k, values in metrics.pass_at_k.items()}
    return record


def from_json(record: Mapping[str, object]) -> Metrics:
    """Inverse of ``to_json``; intervals are computed anew. Raises ``KeyError``, ``TypeError`` or ``ValueError``."""
    n, masked, passed = record["n"], record["masked"], record["passed"]
    if not isinstance(n, int) or not isinstance(masked, int) or not isinstance(passed, Mapping):
        raise TypeError("n and masked must be whole numbers, and passed an object")
    safety_n, effective = record.get("safety_n"), _floats(record.get("effective_n", {}))
    safety = Rate.of(passed["safety"], safety_n, effective.get("safety")) if isinstance(safety_n, int) else None
    function, quality, func_qual = (Rate.of(passed[name], n, effective.get(name)) for name in RATE_NAMES)
    flaky, by_k = record.get("flaky", 0), record.get("pass_at_k", {})
    if not isinstance(flaky, int) or not isinstance(by_k, Mapping):
        raise TypeError("flaky must be a whole number, and pass_at_k an object")
    at_k = {str(k): _floats(values) for k, values in by_k.items()}
    return Metrics(function, quality, func_qual, safety, n, masked, flaky, at_k)


def _floats(value: object) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no object")
    return {str(name): float(number) for name, number in value.items()}


def _safety_rate(verdicts: Sequence[Verdict]) -> Rate | None:
    if all(v.safety is None for v in verdicts):
        return None
    # A program that does not exist has no safety outcomes either, yet its task counts as failed like on both others.
    known = [(v.task_id, False if v.program.code is None else safety_passed(v)) for v in verdicts]
    marks = [(task, passed) for task, passed in known if passed is not None]
    return Rate.of_tasks(marks, len(marks))


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
