"""Verdicts to pass rates: Function, Quality and Func.-Qual. (paper section 4.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from real.evaluation.intervals import newcombe_paired, wilson
from real.types import JsonValue, Verdict
from real.verdicts import func_qual_passed, function_passed, quality_passed, safety_passed

RATE_NAMES = ("function", "quality", "func_qual")


@dataclass(frozen=True, slots=True)
class Rate:
    """``passed`` of ``n`` samples and the 95 % Wilson interval; ``rate`` is NaN where every sample was masked."""

    passed: int
    n: int
    rate: float
    low: float
    high: float

    @classmethod
    def of(cls, passed: int, n: int) -> Rate:
        """The rate of ``passed`` out of ``n``; raises ``ValueError`` unless ``0 <= passed <= n``."""
        low, high = wilson(passed, n)
        return cls(passed, n, passed / n if n else math.nan, low, high)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The three rates over the same ``n`` samples; ``safety`` (Table 5) has an ``n`` of its own where tasks have it."""

    function: Rate
    quality: Rate
    func_qual: Rate
    safety: Rate | None
    n: int
    masked: int

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
    return Metrics(
        function=Rate.of(sum(function_passed(v) is True for v in judged), n),
        quality=Rate.of(sum(quality_passed(v) is True for v in judged), n),
        func_qual=Rate.of(sum(func_qual_passed(v) is True for v in judged), n),
        safety=_safety_rate(verdicts),
        n=n,
        masked=len(verdicts) - len(judged),
    )


def paired_difference(before: Sequence[Verdict], after: Sequence[Verdict]) -> dict[str, Difference]:
    """After minus before for each of ``RATE_NAMES``, paired by task id.

    Tasks that are masked or absent on one side are left out; Newcombe's paired interval (see ``intervals``).
    """
    earlier = {v.task_id: v for v in before if func_qual_passed(v) is not None}
    pairs = [(earlier[v.task_id], v) for v in after if v.task_id in earlier and func_qual_passed(v) is not None]
    differences = {}
    for name, passed in zip(RATE_NAMES, (function_passed, quality_passed, func_qual_passed), strict=True):
        cells = [(passed(old) is True, passed(new) is True) for old, new in pairs]
        table = [cells.count(key) for key in ((True, True), (True, False), (False, True), (False, False))]
        differences[name] = Difference(*newcombe_paired(*table), n=len(pairs))
    return differences


def to_json(metrics: Metrics) -> dict[str, JsonValue]:
    """The form of ``metrics.json``: one number a rate, beside them ``n``, ``masked``, ``passed`` and ``intervals``."""
    rates = metrics.rates()
    record: dict[str, JsonValue] = {name: _number(rate.rate) for name, rate in rates.items()}
    record["n"], record["masked"] = metrics.n, metrics.masked
    if metrics.safety is not None:
        record["safety_n"] = metrics.safety.n
    record["passed"] = {name: rate.passed for name, rate in rates.items()}
    record["intervals"] = {name: [rate.low, rate.high] for name, rate in rates.items()}
    return record


def from_json(record: Mapping[str, object]) -> Metrics:
    """Inverse of ``to_json``; intervals are computed anew. Raises ``KeyError``, ``TypeError`` or ``ValueError``."""
    n, masked, passed = record["n"], record["masked"], record["passed"]
    if not isinstance(n, int) or not isinstance(masked, int) or not isinstance(passed, Mapping):
        raise TypeError("n and masked must be whole numbers, and passed an object")
    safety_n = record.get("safety_n")
    safety = Rate.of(passed["safety"], safety_n) if isinstance(safety_n, int) else None
    function, quality, func_qual = (Rate.of(passed[name], n) for name in RATE_NAMES)
    return Metrics(function, quality, func_qual, safety, n, masked)


def _safety_rate(verdicts: Sequence[Verdict]) -> Rate | None:
    if all(v.safety is None for v in verdicts):
        return None
    # A program that does not exist has no safety outcomes either, yet its task counts as failed like on both others.
    known = [False if v.program.code is None else safety_passed(v) for v in verdicts]
    return Rate.of(known.count(True), known.count(True) + known.count(False))


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
