"""Completions and verdicts as the JSON records of the store; the outcome record is also a line of ``real.score``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from real.types import Completion, Finding, JsonValue, Observed, OutcomeStatus, Reward, TestOutcome, Verdict
from real.verdicts import func_qual_passed, quality_passed


def completion_record(completion: Completion) -> dict[str, JsonValue]:
    """One line of ``completions_{stage}.jsonl``; ``sample`` only where it is not the first answer to its task."""
    sample: dict[str, JsonValue] = {"sample": completion.sample} if completion.sample else {}
    return {"task_id": completion.task_id, "completion": completion.text, "finished": completion.finished, **sample}


def outcome_record(verdict: Verdict, reward: Reward, sample: int = 0) -> dict[str, JsonValue]:
    """One line of ``outcomes_{stage}.jsonl``; ``sample`` stands in it where it is not the first answer to its task.

    ``status`` is ``scored``, ``no_program`` (nothing could be extracted: failed on both) or ``masked`` (our failure:
    in no average); ``reason`` says why where it is not ``scored``. ``safety`` is null where the task has no such tests.
    ``flaky``: two runs of the tests differed, and the outcomes are those of a third, alone. ``other_protocol`` has the
    outcomes by the other protocol (``strict`` or ``paper``) of what that one takes for the program, where they were
    asked for; else it is null.
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
        "flaky": verdict.flaky,
        "other_protocol": None if verdict.other_protocol is None else _observed_record(verdict.other_protocol),
        **({"sample": sample} if sample else {}),
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


def recorded_outcomes(record: Mapping[str, object], *, other: bool) -> Observed:
    """What the tests of a program came to, from its outcome record; ``other``: by the other protocol.

    Raises ``KeyError`` where the record holds one protocol only, ``ValueError`` or ``TypeError`` where it is damaged.
    """
    if other:
        found = record["other_protocol"]
        if found is None:
            raise KeyError("other_protocol")
        if not isinstance(found, Mapping):
            raise TypeError("other_protocol is no object")
        record = found
    tests, safety = record["function"], record["safety"]
    if not isinstance(tests, Mapping) or not isinstance(safety, Mapping | None):
        raise TypeError("no outcomes")
    return Observed(_outcomes(tests), None if safety is None else _outcomes(safety))


def _outcomes(tests: Mapping[str, object]) -> tuple[TestOutcome, ...]:
    pairs = zip(_texts(tests["outcomes"]), _texts(tests["details"]), strict=True)
    return tuple(TestOutcome(OutcomeStatus(status), detail=detail) for status, detail in pairs)


def _observed_record(observed: Observed) -> dict[str, JsonValue]:
    return {
        "function": _tests(observed.tests),
        "safety": None if observed.safety is None else _tests(observed.safety),
    }


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
    }
