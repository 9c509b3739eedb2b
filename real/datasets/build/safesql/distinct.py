"""The gates that compare candidates: no near-duplicates, and no task that another task's reference solves.

Of two candidates that conflict the earlier one stays, so the result depends on their order alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from real.datasets.build.journal import BuildJournal, digest
from real.datasets.build.safesql.candidate import SHOWN, Candidate, Reason, Rejected
from real.datasets.build.safesql.prefilter import MOST, answer_hash, driver
from real.datasets.contamination import LEAKS, links
from real.errors import InfrastructureError
from real.execution import VERSION as EXECUTION
from real.execution import Pool
from real.types import ExecutionRequest, OutcomeStatus, ScriptSuite, StdinCase, Task, TestOutcome

Advance = Callable[[], None]


def drop_near_duplicates(
    candidates: Sequence[Candidate], foreign: Sequence[Task]
) -> tuple[list[Candidate], list[Rejected]]:
    """Those that share description, code or tests with no ``foreign`` task and no earlier candidate that stays."""
    tasks = [candidate.task("candidates", "test") for candidate in candidates]
    gone: dict[str, str] = {}
    found = [link for link in links(foreign, tasks) if link.kind in LEAKS and link.later.dataset == "candidates"]
    places = {task.task_id: place for place, task in enumerate(tasks)}
    for link in sorted(found, key=lambda link: places[link.later.task_id]):
        outside = link.earlier.dataset != "candidates"
        if outside or link.earlier.task_id not in gone:
            where = f"{link.earlier.dataset} {link.earlier.task_id}" if outside else link.earlier.task_id
            gone.setdefault(link.later.task_id, f"{link.kind} {where} ({link.similarity:.2f})")
    return _parted(candidates, gone, Reason.NEAR_DUPLICATE)


def drop_solved_by_others(
    candidates: Sequence[Candidate], pool: Pool, journal: BuildJournal, advance: Advance
) -> tuple[list[Candidate], list[Rejected]]:
    """Those whose tests no other candidate's reference passes; ``advance`` is called for each reference tried.

    References are tried on tasks over the same database. On any other they find no table: see ``docs``.
    """
    passes: set[tuple[int, int]] = set()
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, candidate in enumerate(candidates):
        groups[candidate.database].append(place)
    for group in groups.values():
        for place in group:
            others = [other for other in group if other != place]
            solved = _solved(candidates[place], [candidates[other] for other in others], pool, journal)
            passes |= {(place, other) for other, right in zip(others, solved, strict=True) if right}
            advance()
    gone: dict[str, str] = {}
    for by, place in sorted(passes, key=lambda pair: (pair[1], pair[0])):
        mutual = (place, by) in passes
        if candidates[by].candidate_id not in gone and (by < place or not mutual):
            gone.setdefault(candidates[place].candidate_id, f"that of {candidates[by].candidate_id}")
    return _parted(candidates, gone, Reason.NOT_DISCRIMINATING)


def _solved(candidate: Candidate, others: Sequence[Candidate], pool: Pool, journal: BuildJournal) -> list[bool]:
    """Whether the candidate's reference passes all scored cases of each of the others."""
    key = digest("solves", EXECUTION, candidate.reference, [(o.database, o.cases) for o in others])
    if (known := journal.get(key)) is not None and isinstance(places := known["solved"], list):
        return [place in places for place in range(len(others))]
    # One case of each tells nearly all apart; only where it does not, the tests are run.
    alike: list[bool] = []
    for start in range(0, len(others), MOST):
        alike += _alike(pool, candidate, others[start : start + MOST])
    solved = []
    for place, (other, same) in enumerate(zip(others, alike, strict=True)):
        if same and all(_passed(pool, candidate.reference, ScriptSuite(other.cases[SHOWN:], other.database))):
            solved.append(place)
    journal.put(key, {"solves": candidate.candidate_id, "solved": solved})
    return [place in solved for place in range(len(others))]


def _alike(pool: Pool, candidate: Candidate, others: Sequence[Candidate]) -> list[bool]:
    """Whether the candidate's reference answers the first scored case of each of the others as expected."""
    cases = [other.cases[SHOWN] for other in others]
    suite = ScriptSuite((StdinCase("", ""),), candidate.database)
    job = ExecutionRequest("alike", driver(candidate.reference, [case.stdin for case in cases]), suite)
    outcome = _outcomes(pool, job)[0]
    told = outcome.output.split()
    if len(told) != len(cases):  # stopped by a limit: no hint, so each is looked at
        return [True] * len(cases)
    return [hint == answer_hash(case.expected) for hint, case in zip(told, cases, strict=True)]


def _passed(pool: Pool, code: str, suite: ScriptSuite) -> list[bool]:
    return [outcome.status is OutcomeStatus.PASS for outcome in _outcomes(pool, ExecutionRequest("other", code, suite))]


def _outcomes(pool: Pool, job: ExecutionRequest) -> Sequence[TestOutcome]:
    outcomes = pool.submit(job).result().outcomes
    if broken := [o for o in outcomes if o.status is OutcomeStatus.INFRA_ERROR]:
        raise InfrastructureError(f"the sandbox failed: {broken[0].detail}", hint="Run the same command: it resumes.")
    return outcomes


def _parted(
    candidates: Sequence[Candidate], gone: dict[str, str], reason: Reason
) -> tuple[list[Candidate], list[Rejected]]:
    kept = [candidate for candidate in candidates if candidate.candidate_id not in gone]
    return kept, [
        Rejected(candidate.candidate_id, candidate.operators, reason, gone[candidate.candidate_id])
        for candidate in candidates
        if candidate.candidate_id in gone
    ]
