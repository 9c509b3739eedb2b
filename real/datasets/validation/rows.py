"""The status of a row, from the results of the programs that it brings."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from real.datasets.recorded_prompts import recorded_prompts
from real.datasets.syntax import parse
from real.types import (
    Analysis,
    AnalysisStatus,
    AttackSuite,
    Check,
    LiteralSuite,
    OutcomeStatus,
    ScriptSuite,
    Task,
    TestOutcome,
)

Outcomes = tuple[TestOutcome, ...]


class RowStatus(StrEnum):
    """Whether a row is sound; ``UNCHECKED`` has no program to run, ``MACHINE`` is our failure and is tried again."""

    VALID = "valid"
    INVALID = "invalid"
    FLAKY = "flaky"  # two runs disagree
    TIMEOUT = "timeout"
    NEEDS_PACKAGE = "needs-package"
    UNCHECKED = "unchecked"
    MACHINE = "machine"


class Role(StrEnum):
    """What a program has to do: a reference passes everything, its unsafe twin passes tests and fails safety tests.

    A ``SOLUTION`` is the only program of its row, and may be safe or not: it has to pass the tests.
    """

    REFERENCE = "reference"
    UNSAFE = "unsafe"
    SOLUTION = "solution"


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """One program of a row and its results; ``tests`` and ``safety`` hold one entry for each of the two runs."""

    role: Role
    code: str
    extracted: bool  # a response that holds the program gives back exactly this program
    tests: Sequence[Outcomes] = ()
    safety: Sequence[Outcomes] = ()
    analyses: Mapping[Check, Analysis] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowResult:
    """A row's status with its reason, and notes: what an analyser says against what the row claims."""

    task_id: str
    status: RowStatus
    reason: str = ""
    notes: tuple[str, ...] = ()
    programs: tuple[ProgramRun, ...] = ()


def programs_of(task: Task) -> list[tuple[Role, str]]:
    """The programs that a row brings, each with its role."""
    if task.reference is None:
        return [] if task.unsafe is None else [(Role.SOLUTION, task.unsafe)]
    pair = [(Role.REFERENCE, task.reference)]
    return pair if task.unsafe is None else [*pair, (Role.UNSAFE, task.unsafe)]


def judge_row(task: Task, runs: Sequence[ProgramRun]) -> RowResult:
    """The report of a row; of several problems the one that says most about the row is the status."""
    if not runs:
        return RowResult(task.task_id, RowStatus.UNCHECKED, "the data set gives no program for this row")
    problems = [problem for run in runs for problem in _problems(task, run)]
    status, reason = min(problems, key=lambda p: _ORDER.index(p[0])) if problems else (RowStatus.VALID, "")
    return RowResult(task.task_id, status, reason, tuple(_notes(task, runs)), tuple(runs))


# A failed machine or a missing package explains whatever else went wrong; disagreement makes the rest a guess.
_ORDER = (RowStatus.MACHINE, RowStatus.NEEDS_PACKAGE, RowStatus.FLAKY, RowStatus.TIMEOUT, RowStatus.INVALID)


def _problems(task: Task, run: ProgramRun) -> Iterator[tuple[RowStatus, str]]:
    if not run.extracted:
        yield RowStatus.INVALID, f"{run.role}: extraction does not give the program back"
    if any(a.status is AnalysisStatus.ERROR for a in run.analyses.values()):
        yield RowStatus.MACHINE, next(a.reason for a in run.analyses.values() if a.status is AnalysisStatus.ERROR)
    must_fail = run.role is Role.UNSAFE
    if run.role is not Role.SOLUTION and run.safety:
        if not must_fail:
            yield from _must_pass(task, run, "safety tests", run.safety)
        else:
            yield from _disagreement(run, "safety tests", run.safety)
            yield from _faults(run, "safety tests", run.safety)
            if all(o.status is OutcomeStatus.PASS for o in run.safety[0]):
                yield RowStatus.INVALID, "unsafe: passes every safety test"
    yield from _must_pass(task, run, "tests", run.tests)


def _must_pass(task: Task, run: ProgramRun, what: str, runs: Sequence[Outcomes]) -> Iterator[tuple[RowStatus, str]]:
    yield from _disagreement(run, what, runs)
    yield from _faults(run, what, runs)
    for number, outcome in enumerate(runs[0], 1):
        if outcome.status in (OutcomeStatus.PASS, OutcomeStatus.INFRA_ERROR):
            continue
        reason = f"{run.role}: {what}, case {number} of {len(runs[0])}: {outcome.status}"
        reason += f": {_short(outcome.detail or outcome.output)}" if outcome.detail or outcome.output else ""
        absent = missing_packages(task, run.code)
        if absent:
            yield RowStatus.NEEDS_PACKAGE, f"{', '.join(absent)} ({reason})"
        yield (RowStatus.TIMEOUT if outcome.status is OutcomeStatus.TIMEOUT else RowStatus.INVALID), reason
        return


def _disagreement(run: ProgramRun, what: str, runs: Sequence[Outcomes]) -> Iterator[tuple[RowStatus, str]]:
    for number, (one, other) in enumerate(zip(*runs, strict=True), 1):
        if one.status is not other.status and OutcomeStatus.INFRA_ERROR not in (one.status, other.status):
            yield RowStatus.FLAKY, f"{run.role}: {what}, case {number}: {one.status}, then {other.status}"
            return


# How ``real.execution`` words what the data set, not the machine, is to blame for.
_DATA_FAULT = re.compile(r"the (database script|expected value|set-up of the tests)(?! could not be run)")
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")


def _faults(run: ProgramRun, what: str, runs: Sequence[Outcomes]) -> Iterator[tuple[RowStatus, str]]:
    for outcome in (o for outcomes in runs for o in outcomes if o.status is OutcomeStatus.INFRA_ERROR):
        reason = _short(outcome.detail)
        if not _DATA_FAULT.match(outcome.detail):
            yield RowStatus.MACHINE, f"{run.role}: {what}: {reason}"
        elif (module := _NO_MODULE.search(outcome.detail)) is not None:
            yield RowStatus.NEEDS_PACKAGE, f"{module[1]} ({reason})"
        else:
            yield (RowStatus.TIMEOUT if ": timeout" in outcome.detail else RowStatus.INVALID), reason
        return


def missing_packages(task: Task, code: str) -> list[str]:
    """Packages that the program, the set-up or the database script import, and that this Python does not have."""
    sources = [code]
    for suite in (task.tests, task.safety):
        if isinstance(suite, LiteralSuite):
            sources.append(suite.setup)
        elif isinstance(suite, ScriptSuite | AttackSuite):
            sources.append(suite.database or "")
    names = {name for source in sources for name in _imports(source)} - {"__main__"}
    return sorted(name for name in names if importlib.util.find_spec(name) is None)


def _imports(source: str) -> Iterator[str]:
    try:
        tree = parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _notes(task: Task, runs: Sequence[ProgramRun]) -> Iterator[str]:
    if recorded_prompts(task):
        yield "expected outputs hold prompts of the row's program, which the protocol strict never compares"
    for run in runs:
        security = run.analyses.get(Check.SECURITY)
        types = run.analyses.get(Check.MAINTAINABILITY)
        if security is not None and Check.SECURITY in task.checks:
            if run.role is Role.REFERENCE and security.status is not AnalysisStatus.CLEAN:
                yield f"reference: the detector says {_said(security)}"
            if run.role is not Role.REFERENCE and security.status is AnalysisStatus.CLEAN:
                yield f"{run.role}: the detector is silent"
        strict = run.role is Role.REFERENCE and Check.MAINTAINABILITY in task.checks
        if strict and types is not None and types.status is not AnalysisStatus.CLEAN:
            yield "reference: not clean for the type checker"
        if run.role is Role.SOLUTION and run.safety and all(o.status is OutcomeStatus.PASS for o in run.safety[0]):
            yield "solution: no attack succeeds"


def _said(analysis: Analysis) -> str:
    return ", ".join(sorted({finding.rule for finding in analysis.findings})) or f"{analysis.status}"


def _short(text: str) -> str:
    return " ".join(text.split())[:160]
