"""Evolution of specs: deepen, widen, concretise, mutate (after Evol-Instruct and WizardCoder), without a model."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from real.datasets.build.mini.mutants import DIRECTION
from real.datasets.build.safesql.grammar.domain import Domain
from real.datasets.build.safesql.grammar.seeds import PAGE_SIZES, PATTERNS, equals, ordered, printed
from real.datasets.build.safesql.grammar.spec import Condition, Show, Spec, inputs

_MOST_CONDITIONS = 3
_MOST_INPUTS = 5
_SEPARATORS = (", ", " | ", "; ", " - ", ":")
_FILTERED = ("", "update", "add", "delete", "archive", "saved", "criteria")
_PRINTING = ("", "update", "add", "saved", "criteria")


def evolve(spec: Spec, operator: str, domain: Domain, rng: random.Random) -> Spec | None:
    """One changed spec, or ``None`` where the operator does not apply to this one."""
    step = {"deepen": _deepen, "widen": _widen, "concretise": _concretise, "mutate": _mutate}[operator]
    changed = [new for new in step(spec, domain, rng) if new != spec and len(inputs(new, domain)) <= _MOST_INPUTS]
    return rng.choice(changed) if changed else None


def _deepen(spec: Spec, domain: Domain, rng: random.Random) -> Iterator[Spec]:
    """One more condition, a threshold for groups, or a page of the rows."""
    if (
        spec.action in _FILTERED
        and len(spec.where) < _MOST_CONDITIONS
        and not (spec.where and spec.where[0].column == "")
    ):
        taken = {item.name for item in inputs(spec, domain)} | {"wanted", "least", "bound"}
        columns = {condition.column for condition in spec.where}
        for condition in _conditions(domain, spec):
            if condition.column not in columns and not taken & set(condition.names):
                yield replace(spec, where=(*spec.where, condition))
    if spec.action == "" and spec.order and not (spec.paged or spec.limit_input or spec.limit or spec.group):
        yield replace(spec, limit=rng.choice(PAGE_SIZES), paged=True)
        yield replace(spec, limit_input=True)


def _conditions(domain: Domain, spec: Spec) -> Iterator[Condition]:
    changing = spec.action in ("update", "add", "delete", "archive")
    for text in domain.text_names:
        yield equals(text)
        if not changing:  # a safe program would change every row that an attack does not name
            yield Condition(text, "!=", (f"not_{text}",))
    for number in domain.number_names:
        if number != spec.target:
            yield Condition(number, ">=", (f"min_{number}",))
            yield Condition(number, "<", (f"max_{number}",))
    yield Condition(domain.date, ">=", ("day",))
    yield Condition(domain.date, "YEAR", ("year",))
    if not changing:
        yield equals(f"parent.{domain.place.name}")
        yield Condition(domain.label, "CONTAINS", ("text",))


def _widen(spec: Spec, domain: Domain, rng: random.Random) -> Iterator[Spec]:
    """More in the answer: another column, what the parent is, a second figure, either condition."""
    if spec.action in _PRINTING and spec.columns:
        for column in (*domain.text_names, *domain.number_names, domain.date):
            if column not in spec.columns and len(spec.columns) < 4:
                yield replace(spec, columns=(*spec.columns, column))
        if spec.action in ("", "saved") and not spec.sort_keys and not spec.pick:
            for column in ("parent.name", f"parent.{domain.place.name}"):
                if column not in spec.columns:
                    yield replace(spec, columns=(*spec.columns, column))
    if spec.aggregates and len(spec.aggregates) < 3:
        yield replace(spec, aggregates=(*spec.aggregates, rng.choice(("MIN", "MAX", "AVG", "SUM"))))
    if spec.action == "" and len(spec.where) > 1:
        yield replace(spec, connective="OR")
    if spec.aggregates and not spec.group:
        place = f"parent.{domain.place.name}"
        free = [c for c in (*domain.text_names, place) if c not in {condition.column for condition in spec.where}]
        yield replace(spec, group=rng.choice(free), order=(("1", False),))


def _concretise(spec: Spec, domain: Domain, rng: random.Random) -> Iterator[Spec]:
    """Say exactly how the answer looks and how input is taken."""
    show = spec.show
    if spec.action in _PRINTING:
        none = f"no {domain.table} found"
        if not spec.aggregates or spec.group:
            if not show.empty:
                yield replace(spec, show=replace(show, empty=none))
                yield replace(spec, show=replace(show, empty=none, separator=rng.choice(_SEPARATORS)))
            if not show.count:
                yield replace(spec, show=replace(show, count=True))
                yield replace(spec, show=Show(rng.choice(_SEPARATORS), none, True, show.upper))
        if show.separator == " " and len(spec.columns) + len(spec.aggregates) > 1:
            yield replace(spec, show=replace(show, separator=rng.choice(_SEPARATORS)))
        if spec.columns and not show.upper:
            yield replace(spec, show=replace(show, upper=True))
    for place, condition in enumerate(spec.where):
        texts = (*domain.text_names, domain.label)
        if condition.operator == "=" and condition.column in texts and not condition.fold:
            where = (*spec.where[:place], replace(condition, fold=True), *spec.where[place + 1 :])
            yield replace(spec, where=where)


def _mutate(spec: Spec, domain: Domain, rng: random.Random) -> Iterator[Spec]:
    """The same kind of question with other particulars."""
    for place, condition in enumerate(spec.where):
        if condition.operator in DIRECTION and condition.operator != "=" and condition.column in domain.number_names:
            operator = DIRECTION[condition.operator]
            name = f"{'min' if operator[0] == '>' else 'max'}_{condition.column}"
            if name not in {item.name for item in inputs(spec, domain)}:
                new = replace(condition, operator=operator, names=(name,))
                yield replace(spec, where=(*spec.where[:place], new, *spec.where[place + 1 :]))
    if spec.action in ("", "saved", "criteria") and spec.columns and not spec.sort_keys and not spec.limit_input:
        yield replace(spec, order=ordered(domain, rng), columns=printed(domain, rng))
    if spec.order and spec.action in _PRINTING:
        (column, down), *rest = spec.order
        yield replace(spec, order=((column, not down), *rest))
    if spec.aggregates:
        functions = tuple(rng.sample(("SUM", "AVG", "MIN", "MAX"), 1))
        yield replace(spec, aggregates=(*spec.aggregates[:-1], *functions), number=rng.choice(domain.number_names))
    again = PATTERNS[spec.pattern](domain, rng)
    yield replace(again, show=spec.show if spec.action == again.action else Show())
