"""Candidates by id: an id says domain, pattern and evolution, so any task can be made again from it alone.

``bakery-lookup-0`` is a seed, ``bakery-lookup-0.d0.m1`` what ``deepen`` made of it and ``mutate`` of that.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import lru_cache

from real.datasets.build.safesql.candidate import Candidate, Reason, Rejected
from real.datasets.build.safesql.evolver import OPERATORS, Request
from real.datasets.build.safesql.grammar.attacks import attack_cases
from real.datasets.build.safesql.grammar.cases import Cases, choose_cases, given_cases
from real.datasets.build.safesql.grammar.domains import DOMAINS
from real.datasets.build.safesql.grammar.operators import evolve
from real.datasets.build.safesql.grammar.oracle import Oracle
from real.datasets.build.safesql.grammar.programs import draw_style, draw_twin, program
from real.datasets.build.safesql.grammar.rows import build_world, construct_script
from real.datasets.build.safesql.grammar.seeds import PATTERNS
from real.datasets.build.safesql.grammar.spec import Spec, inputs
from real.datasets.build.safesql.grammar.wording import describe

VERSION = 1  # raise it when the same id and seed may give other bytes
QUOTES_SHARE = 0.2  # of the tasks that read text: some tests have an apostrophe
_BY_LETTER = {operator[0]: operator for operator in OPERATORS}


def seed_ids(count: int, domains: Sequence[str] = tuple(DOMAINS)) -> Iterator[str]:
    """The ids of ``count`` seeds for each domain and pattern; every prefix mixes domains and patterns."""
    for number in range(count):
        for pattern in PATTERNS:
            for domain in domains:
                yield f"{domain}-{pattern}-{number}"


class Grammar:
    """Makes candidates by id; an ``Evolver``."""

    name = "grammar"

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._oracle = lru_cache(maxsize=None)(self._new_oracle)
        self._specs: dict[str, Spec | None] = {}

    def evolve(self, requests: Sequence[Request]) -> Iterator[Candidate | Rejected]:
        """The child of each request; it depends on the seed and the child's id alone."""
        return (self.candidate(request.child_id) for request in requests)

    def candidate(self, candidate_id: str, stdins: Sequence[str] = ()) -> Candidate | Rejected:
        """The candidate of an id; raises ``KeyError`` where an id names no domain, pattern or operator.

        ``stdins``: the inputs of its cases, where they were chosen before; choosing is what takes the time.
        """
        operators = tuple(_BY_LETTER[part[0]] for part in candidate_id.split(".")[1:])
        spec = self._spec(candidate_id)
        if spec is None:
            return Rejected(candidate_id, operators, Reason.NOT_APPLICABLE)
        oracle, script = self._oracle(spec.domain)
        domain = oracle.world.domain
        cases = given_cases(spec, oracle, stdins) if stdins else self._cases(spec, oracle, candidate_id)
        if isinstance(cases, str):
            return Rejected(candidate_id, operators, Reason.CASES, cases)
        looks = self._random("looks", candidate_id)
        style = draw_style(looks)
        return Candidate(
            candidate_id,
            spec.domain,
            spec.pattern,
            operators,
            describe(spec, domain, self._random("words", candidate_id)),
            script,
            program(spec, domain, style),
            program(spec, domain, draw_twin(spec, domain, style, looks, quotes=cases.quotes)),
            (cases.shown, *cases.scored),
            attack_cases(spec, cases.benign, oracle),
            tags={"quotes": "yes" if cases.quotes else "no"},
        )

    def _cases(self, spec: Spec, oracle: Oracle, candidate_id: str) -> Cases | str:
        rng = self._random("cases", candidate_id)
        text = any(item.kind in ("text", "list") for item in inputs(spec, oracle.world.domain))
        if text and rng.random() < QUOTES_SHARE:
            cases = choose_cases(spec, oracle, rng, quotes=True)
            if not isinstance(cases, str):  # the column may have no value with an apostrophe
                return cases
        return choose_cases(spec, oracle, rng, quotes=False)

    def _spec(self, candidate_id: str) -> Spec | None:
        if candidate_id not in self._specs:
            self._specs[candidate_id] = self._new_spec(candidate_id)
        return self._specs[candidate_id]

    def _new_spec(self, candidate_id: str) -> Spec | None:
        parent, _, step = candidate_id.rpartition(".")
        rng = self._random("spec", candidate_id)
        if not parent:
            domain, pattern, _ = candidate_id.split("-")
            return PATTERNS[pattern](DOMAINS[domain], rng)
        spec = self._spec(parent)
        return None if spec is None else evolve(spec, _BY_LETTER[step[0]], DOMAINS[spec.domain], rng)

    def _new_oracle(self, name: str) -> tuple[Oracle, str]:
        world = build_world(DOMAINS[name], self.seed)
        return Oracle(world), construct_script(world)

    def _random(self, *facts: str) -> random.Random:
        return random.Random("/".join(("safesql_gen", str(self.seed), *facts)))
