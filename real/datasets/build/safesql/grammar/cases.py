"""Test inputs for a spec, chosen to tell its answer from wrong ones, from silence and from a constant."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from real.datasets.build.mini.query import Input
from real.datasets.build.safesql.grammar.mutants import mutants
from real.datasets.build.safesql.grammar.oracle import Answer, Oracle
from real.datasets.build.safesql.grammar.spec import Condition, Spec, inputs
from real.types import StdinCase

SCORED = 8
FEWEST = 5  # scored cases: some inputs can take few values only
BLANK = 1  # scored cases that may find nothing
CANDIDATES = 48
LONGEST = 1200  # characters of an expected output
MISSING = {"text": "nowhere", "list": "nowhere, nothing"}

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """``shown`` stands in the prompt, ``scored`` judge; ``benign`` are inputs that find something."""

    shown: StdinCase
    scored: tuple[StdinCase, ...]
    benign: Lines
    quotes: bool  # some scored input has an apostrophe


def choose_cases(spec: Spec, oracle: Oracle, rng: random.Random, *, quotes: bool) -> Cases | str:
    """Cases for a spec, or why there are none."""
    items = inputs(spec, oracle.world.domain)
    names = [item.name for item in items]
    ask = oracle.asker(spec)
    answers: dict[Lines, Answer] = {}
    for lines in _candidates(spec, items, oracle, rng, quotes=quotes):
        answer = ask(dict(zip(names, lines, strict=True)))
        if len(answer.text) <= LONGEST and "None" not in answer.text:
            answers[lines] = answer
    found = [lines for lines, answer in answers.items() if answer.rows and "'" not in "".join(lines)]
    if not found:
        return "no plain input finds anything"
    shown = min(found, key=lambda lines: len(answers[lines].text))
    kills = _kills(spec, names, answers, oracle)
    del kills[shown]
    chosen = _cover(kills, answers, quotes=quotes)
    if isinstance(chosen, str):
        return chosen
    return _cases([shown, *chosen], answers)


def given_cases(spec: Spec, oracle: Oracle, stdins: Sequence[str]) -> Cases | str:
    """The cases of inputs that were chosen before, or why they are none of this spec."""
    names = [item.name for item in inputs(spec, oracle.world.domain)]
    ask = oracle.asker(spec)
    chosen = [tuple(stdin.splitlines()) for stdin in stdins]
    if any(len(lines) != len(names) for lines in chosen):
        return "the inputs have another number of lines"
    return _cases(chosen, {lines: ask(dict(zip(names, lines, strict=True))) for lines in chosen})


def _cases(chosen: Sequence[Lines], answers: Mapping[Lines, Answer]) -> Cases:
    """The first one is shown."""
    shown, *scored = chosen
    return Cases(
        _case(shown, answers[shown]),
        tuple(_case(lines, answers[lines]) for lines in scored),
        next((lines for lines in scored if answers[lines].rows and "'" not in "".join(lines)), shown),
        any("'" in "".join(lines) for lines in scored),
    )


def _kills(spec: Spec, names: Sequence[str], answers: dict[Lines, Answer], oracle: Oracle) -> dict[Lines, set[int]]:
    """For each input the numbers of the wrong specs that answer it differently."""
    kills: dict[Lines, set[int]] = {lines: set() for lines in answers}
    for number, wrong in enumerate(mutants(spec, oracle.world.domain)):
        ask = oracle.asker(wrong)
        for lines, right in answers.items():
            try:
                if ask(dict(zip(names, lines, strict=True))).text != right.text:
                    kills[lines].add(number)
            except ValueError:  # a column of decimals for one of whole numbers: it reads other inputs
                continue
    return kills


def _cover(kills: dict[Lines, set[int]], answers: dict[Lines, Answer], *, quotes: bool) -> list[Lines] | str:
    """Greedy choice: what tells most wrong specs apart anew, then new outputs."""
    chosen: list[Lines] = []
    covered: set[int] = set()
    seen: list[str] = []
    while len(chosen) < SCORED:
        blank = sum(not answers[lines].rows for lines in chosen)
        usable = [lines for lines in kills if lines not in chosen and (answers[lines].rows or blank < BLANK)]
        if quotes and not chosen:
            usable = [lines for lines in usable if "'" in "".join(lines) and answers[lines].rows]
        if not usable:
            break
        best = max(usable, key=lambda lines: (len(kills[lines] - covered), -seen.count(answers[lines].text)))
        chosen.append(best)
        covered |= kills[best]
        seen.append(answers[best].text)
    if len(chosen) < FEWEST or (quotes and not any("'" in "".join(lines) for lines in chosen)):
        return "too few inputs find anything"
    if max(map(seen.count, seen)) > len(seen) // 2:
        return "a constant answer passes too many cases"
    if not any(answers[lines].rows and "'" not in "".join(lines) for lines in chosen):
        return "no plain input finds anything"
    return chosen


def _case(lines: Lines, answer: Answer) -> StdinCase:
    return StdinCase("".join(f"{line}\n" for line in lines), answer.text)


def _candidates(spec: Spec, items: Sequence[Input], oracle: Oracle, rng: random.Random, *, quotes: bool) -> list[Lines]:
    """Distinct inputs; an apostrophe occurs only where ``quotes`` asks for it."""
    by_name = {name: condition for condition in spec.where for name in condition.names}
    choices = [_choices(item, by_name.get(item.name), spec, oracle, rng) for item in items]
    plain = [[value for value in values if "'" not in value] for values in choices]
    if not all(plain):
        return []
    found: dict[Lines, None] = {}
    draws = (tuple(rng.choice(values) for values in plain) for _ in range(CANDIDATES * 4))
    for lines in islice((lines for lines in draws if _sensible(lines, items)), CANDIDATES):
        found.setdefault(lines)
    if quotes:
        places = [at for at, values in enumerate(choices) if any("'" in value for value in values)]
        for lines in list(found)[:20] if places else ():
            at = rng.choice(places)
            special = rng.choice([value for value in choices[at] if "'" in value])
            found.setdefault((*lines[:at], special, *lines[at + 1 :]))
    return list(found)


def _sensible(lines: Lines, items: Sequence[Input]) -> bool:
    """Bounds of a range ascend; two texts for one column differ."""
    for at in range(1, len(items)):
        before, here = items[at - 1], items[at]
        if not here.column or before.column != here.column:
            continue
        if here.kind in ("int", "float"):
            if here.name.startswith("high_") and float(lines[at - 1]) >= float(lines[at]):
                return False
        elif lines[at - 1] == lines[at] or (here.name == "last_day" and lines[at - 1] > lines[at]):
            return False
    return True


def _choices(item: Input, condition: Condition | None, spec: Spec, oracle: Oracle, rng: random.Random) -> list[str]:  # noqa: PLR0911
    if item.kind in ("column", "direction"):
        return list(item.choices)
    world = oracle.world
    if item.name == "wanted" and condition is not None:  # PICK: a value of any of the columns
        return [str(value) for column in condition.choices for value in world.values(column)]
    small = {"page": 4, "count": 6, "least": 7}.get(item.name)
    if small is not None and not item.column:
        return [str(number) for number in range(1, small + 1)]
    if item.name == "amount":
        decimal = item.kind == "float"
        return [f"{n + 0.5}" if decimal else str(n) for n in range(1, 9)]
    values = [str(value) for value in world.values(item.column)]
    if item.kind in ("int", "float"):
        return values
    operator = condition.operator if condition else ""
    if operator in ("CONTAINS", "PREFIX"):
        return _fragments(values, prefix=operator == "PREFIX")
    if operator in ("YEAR", "MONTH"):
        return sorted({value[: 4 if operator == "YEAR" else 7] for value in values})
    if item.kind == "list":
        lists = [", ".join(rng.sample(values, rng.randint(1, min(3, len(values))))) for _ in range(24)]
        return [*dict.fromkeys(lists), MISSING["list"]]
    if condition is not None and condition.fold:
        values = [rng.choice((value.upper(), value.lower(), value.title(), value)) for value in values]
    if spec.action == "upsert" and item.name == oracle.world.domain.label:
        return [*values[:10], *(f"{value} {number}" for number, value in enumerate(values[:10], 2))]
    # What an aggregate of nothing is, no request says.
    nothing = bool(spec.aggregates) and spec.aggregates != ("COUNT",) and not spec.group
    return values if nothing or item.name in ("day", "first_day", "last_day") else [*values, MISSING["text"]]


def _fragments(labels: Sequence[str], *, prefix: bool) -> list[str]:
    """Pieces of labels, short enough that several labels share some of them."""
    found = {label[:n] for label in labels for n in (1, 2, 3)}
    if not prefix:
        found |= {label[at : at + 2].strip().lower() for label in labels for at in range(1, len(label) - 1)}
    return sorted(text for text in found if text.strip() == text and text)
