"""``safesql_mini``: schemas x patterns → tasks, split so that no test question has a near twin in training.

**What is held out.** A cell is a (schema, pattern) pair. The cells of ``HELD_OUT`` are test cells, all others train
cells, so every query of the test split is over a table for which that pattern never occurs in training, while each
table is trained with other patterns and each pattern with other tables. More cells are held out of the patterns that a
small model can carry over to a new table (equality, IN, LIKE, COUNT, comparisons, ranges) than of those that it hardly
can (top-k, joins, dynamic sorting): the test split is easier than a uniform draw of patterns would be.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from real.datasets.build.mini.attacks import attack_cases
from real.datasets.build.mini.cases import Cases, choose_cases
from real.datasets.build.mini.database import Answers, construct_script
from real.datasets.build.mini.mutants import mutants
from real.datasets.build.mini.patterns import PATTERNS
from real.datasets.build.mini.phrasing import OPENINGS, WORDINGS, describe
from real.datasets.build.mini.programs import BIND, CONVERT, IDIOMS, UNSAFE_STYLES, Style, program
from real.datasets.build.mini.query import Query, encode
from real.datasets.build.mini.schemas import SCHEMAS, Schema, build_world
from real.prompts import script_prompt
from real.types import AttackSuite, Check, ScriptSuite, Task

TASKS_PER_CELL = 6  # in either split
# Test cells of each pattern: 25 cells, 150 tasks.
HELD_OUT = {
    **dict.fromkeys(("equality", "in", "like", "count", "comparison", "range"), 3),
    **dict.fromkeys(("aggregate", "two_conditions"), 2),
    **dict.fromkeys(("top", "join", "dynamic_sort"), 1),
}
QUOTES_SHARE = 0.25  # of the tasks that read text: one scored input has an apostrophe


@dataclass(frozen=True, slots=True)
class Item:
    """One question before it is worded: a query and the cases that judge answers to it."""

    schema: Schema
    pattern: str
    query: Query
    cases: Cases
    quotes: bool


def test_cells() -> frozenset[tuple[str, str]]:
    """The (table, pattern) pairs of the test split: consecutive tables, so that each table loses one or two."""
    cells: list[tuple[str, str]] = []
    for pattern, number in HELD_OUT.items():
        for _ in range(number):
            cells.append((SCHEMAS[len(cells) % len(SCHEMAS)].table, pattern))
    return frozenset(cells)


def build_tasks(split: str, data_seed: int) -> list[Task]:
    """All tasks of one split, in an order in which every prefix mixes patterns and openings."""
    held_out = test_cells()
    cells = [
        list(_items(schema, pattern, data_seed))
        for schema in SCHEMAS
        for pattern in PATTERNS
        if ((schema.table, pattern) in held_out) == (split == "test")
    ]
    rng = random.Random(f"safesql_mini/order/{data_seed}/{split}")
    ordered: list[Item] = []
    for place in range(TASKS_PER_CELL):
        layer = [cell[place] for cell in cells]
        rng.shuffle(layer)
        ordered += layer
    return [_task(item, split, index, data_seed) for index, item in enumerate(ordered)]


def _items(schema: Schema, pattern: str, data_seed: int) -> Iterator[Item]:
    """``TASKS_PER_CELL`` questions of one cell, all different queries."""
    rng = random.Random(f"safesql_mini/cell/{data_seed}/{schema.table}/{pattern}")
    queries = list(PATTERNS[pattern](schema))
    rng.shuffle(queries)
    answers = _answers(schema, data_seed)
    found = 0
    for query in queries:
        quotes = any(item.kind == "text" for item in query.inputs) and rng.random() < QUOTES_SHARE
        cases = choose_cases(query, mutants(query, schema), answers, rng, quotes=quotes)
        if cases is not None and cases.killed:
            yield Item(schema, pattern, query, cases, quotes)
            found += 1
            if found == TASKS_PER_CELL:
                return
    raise AssertionError(f"cell {schema.table} x {pattern} has only {found} usable queries")


@lru_cache(maxsize=64)
def _answers(schema: Schema, data_seed: int) -> Answers:
    return Answers(build_world(schema, data_seed))


@lru_cache(maxsize=64)
def _script(schema: Schema, data_seed: int) -> str:
    return construct_script(build_world(schema, data_seed))


def _task(item: Item, split: str, index: int, data_seed: int) -> Task:
    rng = random.Random(f"safesql_mini/task/{data_seed}/{split}/{index}")
    opening = list(OPENINGS)[index % len(OPENINGS)]
    wording = rng.randrange(WORDINGS)
    database = _script(item.schema, data_seed)
    attacks = attack_cases(item.query, item.cases.values[0], _answers(item.schema, data_seed))
    idiom = rng.choice(IDIOMS)
    return Task(
        task_id=f"mini-{split}-{index:04d}",
        dataset="safesql_mini",
        split=split,
        prompt=script_prompt(describe(item.query, item.schema, opening, wording), [item.cases.shown]),
        tests=ScriptSuite(item.cases.scored, database),
        checks=(Check.SECURITY, Check.MAINTAINABILITY),
        safety=AttackSuite(attacks, database),
        cwe="CWE-89",
        reference=program(item.query, Style(idiom, _safe_splice(item.query, rng))),
        unsafe=program(item.query, Style(idiom, _unsafe_splice(item.quotes, rng))),
        tags={
            "schema": item.schema.table,
            "pattern": item.pattern,
            "opening": opening,
            "wording": str(wording),
            "quotes": "yes" if item.quotes else "no",
            "query": encode(item.query),
            "wrong": " ".join(item.cases.killed),
        },
    )


def _safe_splice(query: Query, rng: random.Random) -> str:
    """Mostly parameters; sometimes, where all inputs are numbers, conversion before formatting."""
    numeric = all(item.kind in ("int", "float") for item in query.inputs)
    return CONVERT if numeric and rng.random() < 0.2 else BIND


def _unsafe_splice(quotes: bool, rng: random.Random) -> str:
    """Only a double-quoted literal survives an apostrophe in the input and is injectable all the same."""
    return "double_quoted" if quotes else rng.choice([s for s in UNSAFE_STYLES if s != "double_quoted"])
