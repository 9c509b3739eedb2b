"""Recipes: where the seeds of a corpus come from, which gates they pass, and what is written of those that are kept."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from real.datasets.build.mini.assemble import build_tasks
from real.datasets.build.safesql.candidate import Candidate, Rejected
from real.datasets.build.safesql.grammar import Grammar, seed_ids
from real.datasets.build.safesql.split import split_by_family
from real.datasets.statement import statement
from real.types import AttackSuite, ScriptSuite, StdinCase, Task

Splits = Mapping[str, Sequence[Task]]


@dataclass(frozen=True, slots=True)
class Seeds:
    """The seeds of a build, and how those that are kept, and their children, become the tasks of splits."""

    items: Sequence[Candidate | Rejected]
    splits: Callable[[Sequence[Candidate]], Splits]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One corpus. ``limit``: candidates at most; ``distinct``: whether the gates that compare candidates apply."""

    name: str
    seeds: Callable[[int, int, int], Seeds]  # seed of the generator, seeds a domain and pattern, seeds at most
    rounds: int
    children: int  # of each candidate that passed, in a round
    limit: int
    seed_share: float  # of ``limit``: the rest is room for children
    distinct: bool


def _grammar_seeds(seed: int, per_cell: int, most: int) -> Seeds:
    grammar = Grammar(seed)
    names = list(seed_ids(per_cell))
    random.Random(f"safesql_gen/seeds/{seed}").shuffle(names)

    def splits(kept: Sequence[Candidate]) -> Splits:
        return {
            split: [candidate.task("safesql_gen", split) for candidate in shuffled(members, f"{seed}/{split}")]
            for split, members in split_by_family(kept, seed).items()
        }

    return Seeds([grammar.candidate(name) for name in names[:most]], splits)


def shuffled(candidates: Sequence[Candidate], key: str) -> list[Candidate]:
    """In an order in which every prefix mixes domains and patterns."""
    ordered = list(candidates)
    random.Random(f"safesql_gen/order/{key}").shuffle(ordered)
    return ordered


def _mini_seeds(seed: int, per_cell: int, most: int) -> Seeds:
    """The tasks of ``safesql_mini`` as they are; ``per_cell`` is fixed in ``assemble``."""
    tasks = [task for split in ("train", "test") for task in build_tasks(split, seed)]

    def splits(kept: Sequence[Candidate]) -> Splits:
        ids = {candidate.candidate_id for candidate in kept}
        return {split: [t for t in tasks if t.split == split and t.task_id in ids] for split in ("train", "test")}

    return Seeds([_from_mini(task) for task in tasks[:most]], splits)


def _from_mini(task: Task) -> Candidate:
    suite, safety = task.tests, task.safety
    assert isinstance(suite, ScriptSuite) and isinstance(safety, AttackSuite) and suite.database is not None
    assert task.reference is not None and task.unsafe is not None
    line = next(line for line in task.prompt[0].content.splitlines() if line.startswith("- Input: "))
    stdin, output = line.removeprefix("- Input: ").split(" ; Output: ")
    shown = StdinCase(stdin.replace("\\n", "\n"), output.replace("\\n", "\n"))
    return Candidate(
        task.task_id, task.tags["schema"], task.tags["pattern"], (), statement(task), suite.database, task.reference,
        task.unsafe, (shown, *suite.cases), safety.cases,
    )  # fmt: skip


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("safesql_gen", _grammar_seeds, rounds=1, children=1, limit=620, seed_share=0.65, distinct=True),
        # Its tasks repeat each other's wording on purpose: a tiny model learns from that.
        Recipe(
            "safesql_mini",
            _mini_seeds,
            rounds=0,
            children=0,
            limit=10_000,
            seed_share=1.0,
            distinct=False,
        ),
    )
}
