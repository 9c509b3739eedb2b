"""Completions and verdicts as the JSON records of the store; the outcome record is also a line of ``real.score``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from real.types import Completion, Finding, JsonValue, OutcomeStatus, Reward, TestOutcome, Verdict
from real.verdicts import func_qual_passed, quality_passed


def completion_record(completion: Completion) -> dict[str, JsonValue]:
    """One line of ``completions_{stage}.jsonl``."""
    return {"task_id": completion.task_id, "completion": completion.text, "finished": completion.finished}


def outcome_record(verdict: Verdict, reward: Reward) -> dict[str, JsonValue]:
    """One line of ``outcomes_{stage}.jsonl``.

    ``status`` is ``scored``, ``no_program`` (nothing could be extracted: failed on both) or ``masked`` (our failure:
    in no average); ``reason`` says why where it is not ``scored``. ``safety`` is null where the task has no such tests.
    ``other_protocol`` has the statuses of the same run under the other protocol (``strict`` or ``paper``).
    """
    status, reason = _status(verdict, reward)
    return {
        "task_id": verdict.task_id,
        "status": status,
        "reason": reason,
        "reward": reward.value,
        "components": dict(reward.components),
        "function": _tests(verdict.outcomes),
        "quality": {
            "passed": quality_passed(verdict),
            "checks": {check.value: analysis.status.value for check, analysis in verdict.analyses.items()},
            "findings": [finding_record(f) for analysis in verdict.analyses.values() for f in analysis.findings],
        },
        "safety": None if verdict.safety is None else _tests(verdict.safety),
        "baseline": verdict.baseline,
    }


def finding_record(finding: Finding) -> dict[str, JsonValue]:
    """A finding with its trace; lines are 1-based, columns 0-based."""
    return {
        "rule": finding.rule,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "trace": [{"line": step.line, "note": step.note} for step in finding.trace],
        "fix": finding.fix,
    }


def recorded_outcomes(tests: Mapping[str, object], *, swapped: bool) -> tuple[TestOutcome, ...]:
    """The outcomes of a ``function`` or ``safety`` record, ``swapped``: as the other protocol has them.

    Raises ``KeyError`` where the record holds one protocol only, ``ValueError`` or ``TypeError`` where it is damaged.
    """
    own, other, details = (_texts(tests[key]) for key in ("outcomes", "other_protocol", "details"))
    pairs = zip(other, own, strict=True) if swapped else zip(own, other, strict=True)
    return tuple(
        TestOutcome(
            OutcomeStatus(status),
            detail=detail if not swapped or status == another else "",
            other=_other(another, status),
        )
        for (status, another), detail in zip(pairs, details, strict=True)
    )


def _other(another: str, status: str) -> OutcomeStatus | None:
    return OutcomeStatus(another) if another != status else None


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(f"a list is expected, not {value!r}")
    return [str(item) for item in value]


def _status(verdict: Verdict, reward: Reward) -> tuple[str, str | None]:
    if verdict.program.code is None:
        return "no_program", verdict.program.reason
    if reward.masked is not None:
        return "masked", reward.masked
    if func_qual_passed(verdict) is None:
        return "masked", _why_unknown(verdict)
    return "scored", None


def _why_unknown(verdict: Verdict) -> str:
    failures = [o.detail for o in verdict.outcomes if o.status is OutcomeStatus.INFRA_ERROR]
    failures += [a.reason for a in verdict.analyses.values() if a.reason]
    return "; ".join(filter(None, failures)) or "not every test and analysis was run"


def _tests(outcomes: Sequence[TestOutcome]) -> dict[str, JsonValue]:
    return {
        "passed": sum(outcome.status is OutcomeStatus.PASS for outcome in outcomes),
        "total": len(outcomes),
        "outcomes": [outcome.status.value for outcome in outcomes],
        "details": [outcome.detail for outcome in outcomes],
        "other_protocol": [(outcome.other or outcome.status).value for outcome in outcomes],
    }
