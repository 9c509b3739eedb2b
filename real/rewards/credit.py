"""Which parts of a program its lost reward is blamed on (``reward.credit``).

A response has one reward for all of its tokens (paper section 3.2). The detector, the type checker and the tests know
more: where data flow, which expression has the wrong type, on which line a run failed. Here every character of a
program gets its *blame*, which is 0 where nothing is wrong and else the reward that the defect there cost. A clean
program that passes its tests has none.

The cost of a defect is counted by the reward itself: what the same program would have earned without its findings
(or with the runs passed that raised), less what it did earn. So it fits every variant of the reward, and is 0 where the
variant does not pay for the check.

Why no program can gain by it: blame is never added up over findings, steps or tokens. A character has the blame of
its causes (findings, failed runs) once, however many of them meet there, and no character has more than the whole
program could gain. A flow that is split, duplicated or led through other names spreads the same blame over more tokens;
one that is hidden from the detector earns what the scalar pays for that, as without credit. What the trainer makes of
blame keeps the sum of each response's rewards (``real/training/local/credit.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from real.rewards.config import CreditMode, RewardCfg
from real.rewards.places import Places, Span
from real.rewards.reward import reward
from real.types import Analysis, AnalysisStatus, Check, Credit, Finding, OutcomeStatus, TestOutcome, Verdict

_LEAST = 1e-9  # what a difference of two rewards may be by rounding alone

# What the sandbox says of an exception, and what Python says of a program that it does not compile.
_RAISED = re.compile(r"line (\d+): ")
_NOT_COMPILED = re.compile(r", line (\d+)\)$")


def blame(verdict: Verdict, cfg: RewardCfg) -> tuple[Credit, ...]:
    """The blamed parts of ``verdict.program.code``, in characters of the program: disjoint, in order.

    Empty without a program, for a masked verdict, and where nothing is wrong that has a place.
    """
    code = verdict.program.code
    earned = reward(verdict, cfg).value
    if cfg.credit == CreditMode.none or code is None or earned is None:
        return ()
    secure, runs = _without_findings(verdict), _without_failures(verdict)
    found = _cost(secure, earned, cfg)
    failed = _cost(runs, earned, cfg)
    if max(found, failed) <= _LEAST:
        return ()
    most = max(found, failed, _cost(_without_failures(secure), earned, cfg))
    places = Places(code)
    causes: list[tuple[float, list[Span]]] = []
    if found > _LEAST:
        causes.append((found, [span for one in _findings(verdict) for span in _spans(places, *one, cfg.credit)]))
    if failed > _LEAST:
        lines = {line for outcome in verdict.outcomes if (line := failing_line(outcome)) is not None}
        causes.append((failed, [span for line in sorted(lines) for span in places.line(line)]))
    return tuple(_disjoint(causes, most))


def failing_line(outcome: TestOutcome) -> int | None:
    """The line of the program on which a test ended; ``None`` where it ran to its end, or no line is known."""
    if outcome.status not in (OutcomeStatus.ERROR, OutcomeStatus.COMPILE_ERROR):
        return None
    said = _RAISED.match(outcome.detail) or _NOT_COMPILED.search(outcome.detail)
    return int(said[1]) if said else None


def _findings(verdict: Verdict) -> Iterable[tuple[Check, Finding]]:
    for check, analysis in verdict.analyses.items():
        if analysis.status is AnalysisStatus.FINDINGS:
            yield from ((check, finding) for finding in analysis.findings)


def _spans(places: Places, check: Check, finding: Finding, mode: CreditMode) -> list[Span]:
    """What a finding is blamed on; ``random`` puts the blame of ``trace`` elsewhere, which takes tokens to do."""
    if mode == CreditMode.line:
        return places.line(finding.line)
    if check is not Check.SECURITY:
        return places.expression(finding.line, finding.column)
    spans = places.arguments(finding.line, finding.column)
    # Between the source, which the task may ask for, and the sink.
    for step in finding.trace[1:-1]:
        spans += places.line(step.line) if step.column is None else places.expression(step.line, step.column)
    return spans


def _without_findings(verdict: Verdict) -> Verdict:
    clean = {
        check: Analysis(AnalysisStatus.CLEAN) if analysis.status is AnalysisStatus.FINDINGS else analysis
        for check, analysis in verdict.analyses.items()
    }
    return replace(verdict, analyses=clean)


def _without_failures(verdict: Verdict) -> Verdict:
    passed = (
        replace(outcome, status=OutcomeStatus.PASS) if failing_line(outcome) is not None else outcome
        for outcome in verdict.outcomes
    )
    return replace(verdict, outcomes=tuple(passed))


def _cost(healed: Verdict, earned: float, cfg: RewardCfg) -> float:
    value = reward(healed, cfg).value
    return 0.0 if value is None else value - earned


def _disjoint(causes: Sequence[tuple[float, list[Span]]], most: float) -> Iterable[Credit]:
    """Parts of one blame each: that of every cause there, once, and together not above ``most``."""
    ends = sorted({end for _, spans in causes for span in spans for end in span})
    merged = [(cost, _merged(spans)) for cost, spans in causes]
    at = [0] * len(merged)
    for start, end in pairwise(ends):
        value = 0.0
        for number, (cost, spans) in enumerate(merged):
            while at[number] < len(spans) and spans[at[number]][1] <= start:
                at[number] += 1
            if at[number] < len(spans) and spans[at[number]][0] <= start:
                value += cost
        if value:
            yield Credit(start, end, min(value, most))


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
