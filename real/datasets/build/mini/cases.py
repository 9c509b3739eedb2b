"""Test inputs for a query, chosen to tell the right answer from wrong ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from real.datasets.build.mini.database import Answers
from real.datasets.build.mini.query import Input, Query
from real.datasets.build.mini.schemas import COUNTRIES, Value
from real.types import StdinCase

SCORED = 7  # cases that an answer is scored on; one more is shown in the prompt
CANDIDATES = 16
MISSING = "nowhere"


@dataclass(frozen=True, slots=True)
class Cases:
    """``shown`` stands in the prompt, ``scored`` judges; ``killed`` names the wrong queries that fail some case."""

    shown: StdinCase
    scored: tuple[StdinCase, ...]
    values: tuple[tuple[str, ...], ...]  # of the scored cases, one value per input
    killed: tuple[str, ...]


def choose_cases(
    query: Query, wrong: dict[str, Query], answers: Answers, rng: random.Random, *, quotes: bool
) -> Cases | None:
    """Cases for ``query``, or ``None`` where its data cannot give enough distinct ones.

    With ``quotes`` one scored input holds an apostrophe; without, none does.
    """
    candidates = _candidates(query, answers, rng, quotes=quotes)
    right = answers.asker(query)
    outputs = {values: right(values) for values in candidates}
    full = [values for values in candidates if outputs[values]]
    shown = min((v for v in full if "'" not in "".join(v)), key=lambda v: len(outputs[v]), default=None)
    if shown is None:
        return None
    pool = [values for values in candidates if values != shown]
    askers = {name: answers.asker(mutant) for name, mutant in wrong.items()}
    kills = {values: {name for name, ask in askers.items() if ask(values) != outputs[values]} for values in pool}
    chosen = _cover(pool, kills, outputs, quotes=quotes)
    if chosen is None:
        return None
    scored = tuple(StdinCase(_stdin(values), outputs[values]) for values in chosen)
    killed = {name for values in chosen for name in kills[values]}
    return Cases(StdinCase(_stdin(shown), outputs[shown]), scored, tuple(chosen), tuple(sorted(killed)))


def _cover(
    pool: Sequence[tuple[str, ...]],
    kills: dict[tuple[str, ...], set[str]],
    outputs: dict[tuple[str, ...], str],
    *,
    quotes: bool,
) -> list[tuple[str, ...]] | None:
    """Greedy choice: first what kills most wrong queries anew, then new outputs; at most one empty output."""
    chosen: list[tuple[str, ...]] = []
    covered: set[str] = set()
    seen: list[str] = []
    left = list(pool)
    while left and len(chosen) < SCORED:
        usable = [v for v in left if outputs[v] or "" not in seen]
        if quotes and not chosen:
            usable = [v for v in usable if "'" in "".join(v) and outputs[v]]
        if not usable:
            return None
        best = max(usable, key=lambda v: (len(kills[v] - covered), -seen.count(outputs[v])))
        left.remove(best)
        chosen.append(best)
        covered |= kills[best]
        seen.append(outputs[best])
    enough = len(chosen) == SCORED and max(map(seen.count, seen)) <= SCORED // 2
    return chosen if enough else None


def _candidates(query: Query, answers: Answers, rng: random.Random, *, quotes: bool) -> list[tuple[str, ...]]:
    lists = [_choices(item, query, answers, rng) for item in query.inputs]
    combined = [values for values in product(*lists) if len(set(values)) == len(values) and _ascending(query, values)]
    quoted = [values for values in combined if "'" in "".join(values)]
    plain = [values for values in combined if "'" not in "".join(values)]
    picked = rng.sample(plain, min(CANDIDATES, len(plain)))
    return [*rng.sample(quoted, min(3, len(quoted))), *picked] if quotes else picked


def _ascending(query: Query, values: Sequence[str]) -> bool:
    return query.terms[0].operator != "BETWEEN" or float(values[0]) < float(values[1])


def _choices(item: Input, query: Query, answers: Answers, rng: random.Random) -> list[str]:
    if item.kind == "column":
        return list(item.choices)
    if item.column == "country":
        return [*COUNTRIES, MISSING]
    existing = answers.world.values(item.column)
    if item.kind in ("int", "float"):
        return [str(value) for value in rng.sample(existing, min(len(existing), 12))]
    if query.terms[0].operator in ("CONTAINS", "PREFIX"):
        return _fragments(existing, rng, prefix=query.terms[0].operator == "PREFIX")
    # The mean of nothing is nobody's question: what is then printed is not said in the request.
    missing = [] if query.aggregate and query.aggregate != "COUNT" else [MISSING]
    return [*map(str, existing), *missing]


def _fragments(names: Sequence[Value], rng: random.Random, *, prefix: bool) -> list[str]:
    """Pieces of names, short enough that several names share some of them."""
    texts = [str(name) for name in names]
    found = {text[:1] for text in texts} | {text[:2] for text in texts}
    if not prefix:
        found |= {text[i : i + 2].lower() for text in texts for i in range(1, len(text) - 1)}
    return rng.sample(sorted(found), len(found))


def _stdin(values: Sequence[str]) -> str:
    return "".join(f"{value}\n" for value in values)
