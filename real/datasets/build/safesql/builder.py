"""Runs a build: seeds, rounds of evolution and gates, with every finished result written to a journal."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from real import detector, execution
from real.datasets.build.journal import BuildJournal, digest
from real.datasets.build.safesql import gates as rules
from real.datasets.build.safesql.candidate import Candidate, Reason, Rejected
from real.datasets.build.safesql.distinct import drop_near_duplicates, drop_solved_by_others
from real.datasets.build.safesql.evolver import OPERATORS, Evolver, Request
from real.datasets.build.safesql.funnel import Funnel
from real.datasets.build.safesql.gates import Gates
from real.errors import InfrastructureError
from real.io.progress import Progress
from real.types import StdinCase, Task

Result = Candidate | Rejected


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is tried: ``children`` of each candidate that passed, in each of ``rounds``; ``limit`` in all."""

    seed: int
    rounds: int
    children: int
    limit: int
    distinct: bool = True


@dataclass(frozen=True, slots=True)
class Built:
    """The result of a build; ``refused`` has a reason for each candidate that is not in ``kept``."""

    kept: list[Candidate]
    refused: list[Rejected]
    funnel: Funnel


class Builder:
    """Runs a plan; what the journal knows is not run again."""

    def __init__(
        self, plan: Plan, evolver: Evolver, gates: Gates, journal: BuildJournal, foreign: Sequence[Task]
    ) -> None:
        """``foreign``: tasks that no kept one may be a near-duplicate of."""
        self.plan, self.evolver, self.gates, self.journal, self.foreign = plan, evolver, gates, journal, foreign

    def build(self, seeds: Sequence[Result]) -> Built:
        """Raises ``InfrastructureError`` where the machine failed some candidates: the same build tries them again."""
        passed, refused = self._parted(self._checked(list(seeds)[: self.plan.limit], "seeds"))
        parents, tried = passed, len(passed) + len(refused)
        for number in range(1, self.plan.rounds + 1):
            requests = self._requests(parents, number, self.plan.limit - tried)
            parents, failed = self._parted(self._checked(self._evolved(requests, number), f"round {number}"))
            passed, refused, tried = [*passed, *parents], [*refused, *failed], tried + len(requests)
        if broken := [r for r in refused if r.reason is Reason.MACHINE]:
            raise InfrastructureError(
                f"the machine failed {len(broken)} candidates, the first with: {broken[0].detail}",
                hint="Run the same command again: it resumes.",
            )
        kept, more = self._distinct(passed) if self.plan.distinct else (passed, [])
        funnel = Funnel()
        funnel.count([*kept, *refused, *more])
        return Built(kept, [*refused, *more], funnel)

    def _requests(self, parents: Sequence[Candidate], number: int, room: int) -> list[Request]:
        """Drawn for each parent by itself, so that one parent more or less changes nothing about the others."""
        wanted: list[tuple[float, Request]] = []
        for parent in parents:
            rng = random.Random(f"{self.plan.seed}/round/{number}/{parent.candidate_id}")
            turn = rng.random()
            operators = rng.sample(OPERATORS, min(self.plan.children, len(OPERATORS)))
            wanted += [(turn, Request(parent, operator, 0)) for operator in operators]
        wanted.sort(key=lambda pair: pair[0])
        return [request for _, request in wanted[: max(0, room)]]

    def _evolved(self, requests: Sequence[Request], number: int) -> list[Result]:
        results = []
        with Progress(len(requests), f"round {number}: evolving", "candidates") as progress:
            for result in self.evolver.evolve(requests):
                results.append(result)
                progress.advance()
        return results

    def _checked(self, items: Sequence[Result], label: str) -> Iterator[Result]:
        """Each item through the gates; those known from the journal at once."""
        known = {item.candidate_id: self._remembered(item) for item in items if isinstance(item, Candidate)}
        fresh = [item for item in items if isinstance(item, Candidate) and known[item.candidate_id] is None]
        results = self.gates.check(fresh)
        with Progress(len(fresh), f"{label}: checking", "candidates") as progress:
            for item in items:
                if isinstance(item, Rejected):
                    yield item
                elif (found := known[item.candidate_id]) is not None:
                    yield found
                else:
                    result = next(results)
                    self._remember(item, result)
                    yield result
                    progress.advance()

    def _key(self, candidate: Candidate) -> str:
        facts = (rules.VERSION, detector.VERSION, execution.VERSION)
        return digest("gates", *facts, candidate.record())

    def _remembered(self, candidate: Candidate) -> Result | None:
        line = self.journal.get(self._key(candidate))
        if line is None:
            return None
        if line.get("reason"):
            reason, detail = Reason(str(line["reason"])), str(line.get("detail", ""))
            return Rejected(candidate.candidate_id, candidate.operators, reason, detail)
        if candidate.answered or not isinstance(outputs := line.get("expected"), list):
            return candidate
        cases = tuple(StdinCase(case.stdin, str(out)) for case, out in zip(candidate.cases, outputs, strict=True))
        return replace(candidate, cases=cases, answered=True)

    def _remember(self, candidate: Candidate, result: Result) -> None:
        record: dict[str, object] = {"id": candidate.candidate_id}
        if isinstance(result, Rejected):
            if result.reason is Reason.MACHINE:
                return
            record |= {"reason": str(result.reason), "detail": result.detail}
        elif not candidate.answered:
            record["expected"] = [case.expected for case in result.cases]
        self.journal.put(self._key(candidate), record)

    def _distinct(self, passed: Sequence[Candidate]) -> tuple[list[Candidate], list[Rejected]]:
        unlike, near = drop_near_duplicates(passed, self.foreign)
        with Progress(len(unlike), "comparing", "references") as progress:
            kept, solved = drop_solved_by_others(unlike, self.gates.pool, self.journal, progress.advance)
        return kept, [*near, *solved]

    @staticmethod
    def _parted(results: Iterator[Result]) -> tuple[list[Candidate], list[Rejected]]:
        kept: list[Candidate] = []
        refused: list[Rejected] = []
        for result in results:
            if isinstance(result, Candidate):
                kept.append(result)
            else:
                refused.append(result)
        return kept, refused
