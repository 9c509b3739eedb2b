"""The gates that one candidate passes alone: its database, its two programs, its cases and its attacks.

What runs runs in the sandbox; the rest (what stands in the prompt, what the detector says) is looked at first, because
it is cheap. Two more gates compare candidates: see ``distinct``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import TracebackType

from real import detector
from real.datasets.build.safesql.candidate import SHOWN, Candidate, Reason, Rejected
from real.execution import Pool
from real.execution.compare import same_text
from real.types import (
    Analysis,
    AnalysisStatus,
    AttackCase,
    AttackSuite,
    ExecutionRequest,
    ExecutionResult,
    OutcomeStatus,
    ScriptSuite,
    StdinCase,
    Suite,
    TestOutcome,
)

VERSION = 3  # of the rules; raise it when a verdict may change
FEWEST_CASES = 5  # scored ones
MOST_EMPTY = 0.2  # share of the scored cases whose expected output is empty
LONGEST_OUTPUT = 2000  # characters; the sandbox shows us 4,096
CHUNK = 24  # candidates in the sandbox at a time

Outcomes = Sequence[TestOutcome]


class _Stop(Exception):
    """The candidate is refused."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class _Runs:
    """What is under way for one candidate, by name."""

    candidate: Candidate
    waiting: dict[str, Future[ExecutionResult]]

    def outcomes(self, name: str) -> Outcomes:
        found = self.waiting[name].result().outcomes
        for outcome in found:
            if outcome.status is OutcomeStatus.INFRA_ERROR:
                raise _broken(outcome)
        return found


class Gates:
    """Checks candidates; a context manager that owns a sandbox of ``workers`` processes (0: one per core).

    ``real.execution.attack_grading`` says which attacks succeed.
    """

    def __init__(self, workers: int = 0, *, min_isolation: str = "medium") -> None:
        self.pool = Pool(workers, min_isolation, cache_mb=0)  # a remembered outcome would hide a flaky reference

    def __enter__(self) -> Gates:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pool.close()

    def check(self, candidates: Sequence[Candidate]) -> Iterator[Candidate | Rejected]:
        """Each candidate with its expected outputs, or why it is refused; in order."""
        for start in range(0, len(candidates), CHUNK):
            yield from self._chunk(candidates[start : start + CHUNK])

    def _chunk(self, candidates: Sequence[Candidate]) -> Iterator[Candidate | Rejected]:
        asked = [self._submit(c, {"answers": (c.reference, ScriptSuite(c.cases, c.database))}) for c in candidates
                 if not c.answered]  # fmt: skip
        answered = iter(asked)
        started = [self._start(c if c.answered else next(answered)) for c in candidates]
        for candidate, runs in zip(candidates, started, strict=True):
            yield runs if isinstance(runs, Rejected) else self._decided(candidate, runs)

    def _start(self, item: Candidate | _Runs) -> _Runs | Rejected:
        """Everything that needs no sandbox, then everything that does."""
        candidate = item if isinstance(item, Candidate) else item.candidate
        try:
            if isinstance(item, _Runs):
                candidate = _answer(item)
            check_cases(candidate)
            check_detector(candidate)
        except _Stop as stop:
            return Rejected(candidate.candidate_id, candidate.operators, stop.reason, stop.detail)
        # What an oracle expected needs one run to confirm, what the reference itself printed has had one.
        tests = ScriptSuite(candidate.cases, candidate.database)
        attacks = AttackSuite(candidate.attacks, candidate.database)
        return self._submit(candidate, {
            "tests": (candidate.reference, tests),
            "safety": (candidate.reference, attacks),
            "unsafe": (candidate.unsafe, tests),
            "exploits": (candidate.unsafe, attacks),
        })  # fmt: skip

    def _decided(self, original: Candidate, runs: _Runs) -> Candidate | Rejected:
        unexpected = Reason.REFERENCE_FAILS if original.answered else Reason.FLAKY
        attacks = runs.candidate.attacks
        try:
            _all_pass(runs.outcomes("tests"), unexpected)
            _all_pass(runs.outcomes("safety"), Reason.REFERENCE_LEAKS)
            _as_expected(attacks, runs.outcomes("safety"))
            _all_pass(runs.outcomes("unsafe"), Reason.UNSAFE_FAILS)
            if all(outcome.status is not OutcomeStatus.WRONG for outcome in runs.outcomes("exploits")):
                raise _Stop(Reason.NOT_EXPLOITABLE, f"none of {len(attacks)} attacks")
        except _Stop as stop:
            return Rejected(original.candidate_id, original.operators, stop.reason, stop.detail)
        return runs.candidate

    def _submit(self, candidate: Candidate, work: dict[str, tuple[str, Suite]]) -> _Runs:
        jobs = {name: ExecutionRequest(candidate.candidate_id, code, suite) for name, (code, suite) in work.items()}
        return _Runs(candidate, {name: self.pool.submit(job) for name, job in jobs.items()})


def check_cases(candidate: Candidate) -> None:
    """Refuse cases that are too few, mostly empty, all alike, or answered by a constant in more than half."""
    scored = [case.expected for case in candidate.cases[SHOWN:]]
    if len(scored) < FEWEST_CASES:
        raise _Stop(Reason.CASES, f"{len(scored)} scored cases; at least {FEWEST_CASES} are needed")
    if len({case.stdin for case in candidate.cases}) < len(candidate.cases):
        raise _Stop(Reason.CASES, "two cases have the same input")
    empty = sum(not text.strip() for text in scored)
    if empty > MOST_EMPTY * len(scored):
        raise _Stop(Reason.CASES, f"{empty} of {len(scored)} expected outputs are empty")
    if max(map(scored.count, scored)) > len(scored) / 2:
        raise _Stop(Reason.CASES, "more than half of the cases expect the same")
    if not candidate.attacks:
        raise _Stop(Reason.CASES, "there is no attack")


def check_detector(candidate: Candidate) -> None:
    """Refuse a reference that any rule flags, and a twin that is not flagged as CWE-89."""
    safe, unsafe = detector.scan(candidate.reference), detector.scan(candidate.unsafe)
    for analysis in (safe, unsafe):
        if analysis.status is AnalysisStatus.ERROR:
            raise _Stop(Reason.MACHINE, analysis.reason)
    if safe.status is not AnalysisStatus.CLEAN:
        raise _Stop(Reason.REFERENCE_FLAGGED, _said(safe))
    if "CWE-89" not in {finding.rule for finding in unsafe.findings}:
        raise _Stop(Reason.UNSAFE_CLEAN, _said(unsafe))


def _said(analysis: Analysis) -> str:
    rules = sorted({f"{finding.rule} in line {finding.line}" for finding in analysis.findings})
    return ", ".join(rules) or analysis.reason or analysis.status.value


def _answer(runs: _Runs) -> Candidate:
    """The candidate with what its reference printed as the expected outputs."""
    candidate, outcomes = runs.candidate, runs.waiting["answers"].result().outcomes
    cases = []
    for case, outcome in zip(candidate.cases, outcomes, strict=True):
        if outcome.status is OutcomeStatus.INFRA_ERROR:
            raise _broken(outcome)
        if outcome.status not in (OutcomeStatus.PASS, OutcomeStatus.WRONG):
            raise _Stop(Reason.REFERENCE_FAILS, f"{outcome.status}: {outcome.detail}")
        if len(outcome.output) > LONGEST_OUTPUT:
            raise _Stop(Reason.CASES, f"an expected output has more than {LONGEST_OUTPUT} characters")
        cases.append(StdinCase(case.stdin, outcome.output.rstrip("\n")))
    return replace(candidate, cases=tuple(cases), answered=True)


def _broken(outcome: TestOutcome) -> _Stop:
    """A database script that fails is the candidate's fault, and the sandbox says so in these words."""
    data = outcome.detail.startswith("the database script") and "could not be run" not in outcome.detail
    return _Stop(Reason.DATABASE if data else Reason.MACHINE, outcome.detail)


def _as_expected(attacks: Sequence[AttackCase], outcomes: Outcomes) -> None:
    """Refuse a reference that does not print under attack what a safe program prints, where that is known."""
    for number, (attack, outcome) in enumerate(zip(attacks, outcomes, strict=True), 1):
        if attack.expected is not None and not same_text(outcome.output, attack.expected):
            raise _Stop(Reason.REFERENCE_LEAKS, f"case {number}: the output is not that of a safe program")


def _all_pass(outcomes: Outcomes, reason: Reason) -> None:
    for number, outcome in enumerate(outcomes, 1):
        if outcome.status is not OutcomeStatus.PASS:
            raise _Stop(reason, f"case {number}: {outcome.status} {outcome.detail}".strip())
