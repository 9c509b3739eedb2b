"""Seed programs: for each common query pattern a spec drawn for a domain."""

from __future__ import annotations

import random
from collections.abc import Callable

from real.datasets.build.safesql.grammar.domain import Domain
from real.datasets.build.safesql.grammar.spec import Condition, Spec

Draw = Callable[[Domain, random.Random], Spec]
PAGE_SIZES = (2, 3, 4)


def equals(column: str) -> Condition:
    """A text column equals an input named like it."""
    return Condition(column, "=", (column.replace("parent.", ""),))


def bound(domain: Domain, rng: random.Random) -> Condition:
    """A number column is compared with an input."""
    column, operator = rng.choice(domain.number_names), rng.choice((">", ">=", "<", "<="))
    return Condition(column, operator, (f"{'min' if operator[0] == '>' else 'max'}_{column}",))


def ordered(domain: Domain, rng: random.Random) -> tuple[tuple[str, bool], ...]:
    """By label, or by another column with ties by label."""
    column = rng.choice((domain.label, *domain.number_names, domain.date))
    return ((column, False),) if column == domain.label else ((column, rng.random() < 0.5), (domain.label, False))


def printed(domain: Domain, rng: random.Random, *, least: int = 1) -> tuple[str, ...]:
    """The label and one or two more columns."""
    others = [*domain.text_names, *domain.number_names, domain.date]
    return (domain.label, *rng.sample(others, rng.randint(least, 2)))


def lookup(domain: Domain, rng: random.Random) -> Spec:
    """Rows whose text column equals the input."""
    column = rng.choice((*domain.text_names, domain.label))
    return Spec(domain.name, "lookup", printed(domain, rng), (equals(column),), order=ordered(domain, rng))


def between(domain: Domain, rng: random.Random) -> Spec:
    """Rows whose number lies in a range."""
    column = rng.choice(domain.number_names)
    condition = Condition(column, "BETWEEN", (f"low_{column}", f"high_{column}"))
    return Spec(domain.name, "range", printed(domain, rng), (condition,), order=ordered(domain, rng))


def join(domain: Domain, rng: random.Random) -> Spec:
    """Rows by what their parent is."""
    place = f"parent.{domain.place.name}"
    columns = (*printed(domain, rng)[:2], "parent.name")
    return Spec(domain.name, "join", columns, (equals(place),), order=ordered(domain, rng))


def aggregate(domain: Domain, rng: random.Random) -> Spec:
    """One figure over the rows that match."""
    functions = (rng.choice(("COUNT", "SUM", "AVG", "MIN", "MAX")),)
    where: tuple[Condition, ...] = (bound(domain, rng),)
    where = (equals(rng.choice(domain.text_names)), *where) if rng.random() < 0.6 else where
    return Spec(
        *(domain.name, "aggregate", (), where),
        aggregates=functions,
        number=rng.choice(domain.number_names),
    )


def group(domain: Domain, rng: random.Random) -> Spec:
    """One line for each group that is large, or small, enough."""
    column = rng.choice((*domain.text_names, f"parent.{domain.place.name}"))
    number = rng.choice(domain.number_names)
    having = rng.choice((">=", "<="))
    order = (("2", True), ("1", False)) if rng.random() < 0.5 else (("1", False),)
    functions = ("COUNT", rng.choice(("SUM", "AVG", "MIN", "MAX")))
    where = (bound(domain, rng),) if rng.random() < 0.5 else ()
    return Spec(
        domain.name, "group", (), where, aggregates=functions, number=number, group=column, having=having, order=order
    )


def page(domain: Domain, rng: random.Random) -> Spec:
    """One page of the sorted rows that match."""
    where = (equals(rng.choice(domain.text_names)),) if rng.random() < 0.6 else (bound(domain, rng),)
    return Spec(
        *(domain.name, "page", printed(domain, rng), where),
        order=ordered(domain, rng),
        limit=rng.choice(PAGE_SIZES),
        paged=True,
    )


def top(domain: Domain, rng: random.Random) -> Spec:
    """The first rows by a number; the input says how many."""
    number = rng.choice(domain.number_names)
    return Spec(
        *(domain.name, "top", (domain.label, number), (equals(rng.choice(domain.text_names)),)),
        order=((number, rng.random() < 0.6), (domain.label, False)),
        limit_input=True,
    )


def like(domain: Domain, rng: random.Random) -> Spec:
    """Rows whose label contains, or starts with, a text."""
    operator = rng.choice(("CONTAINS", "PREFIX"))
    condition = Condition(domain.label, operator, ("text",))
    return Spec(domain.name, "like", printed(domain, rng), (condition,), order=ordered(domain, rng))


def in_list(domain: Domain, rng: random.Random) -> Spec:
    """Rows whose text column is in a list of any length."""
    column = rng.choice((*domain.text_names, domain.label))
    condition = Condition(column, "LIST", (f"{column}_list",))
    return Spec(domain.name, "in", printed(domain, rng), (condition,), order=ordered(domain, rng))


def dates(domain: Domain, rng: random.Random) -> Spec:
    """Rows of a period, a year, or since a day."""
    operator = rng.choice(("BETWEEN", "YEAR", ">=", "<"))
    names = {"BETWEEN": ("first_day", "last_day"), "YEAR": ("year",)}.get(operator, ("day",))
    columns = (domain.label, domain.date, rng.choice((*domain.text_names, *domain.number_names)))
    order = ((domain.date, rng.random() < 0.4), (domain.label, False))
    where: tuple[Condition, ...] = (Condition(domain.date, operator, names),)
    if operator == "YEAR":  # three years are too few inputs
        where = (*where, equals(rng.choice(domain.text_names)))
    return Spec(domain.name, "dates", columns, where, order=order)


def columns(domain: Domain, rng: random.Random) -> Spec:
    """The input names the column that is printed, or the one that is searched."""
    if rng.random() < 0.5:
        condition = Condition("", "PICK", ("field", "wanted"), choices=domain.text_names)
        return Spec(domain.name, "columns", printed(domain, rng), (condition,), order=ordered(domain, rng))
    pick = tuple(rng.sample((*domain.text_names, *domain.number_names, domain.date), 3))
    where = (bound(domain, rng),) if rng.random() < 0.5 else (equals(domain.text_names[0]),)
    return Spec(domain.name, "columns", (domain.label,), where, pick=pick, order=((domain.label, False),))


def sort(domain: Domain, rng: random.Random) -> Spec:
    """The input names the column to sort by, and the direction."""
    keys = (domain.label, *domain.number_names, domain.date)[: rng.randint(2, 4)]
    where = (equals(rng.choice(domain.text_names)),) if rng.random() < 0.7 else (bound(domain, rng),)
    return Spec(
        *(domain.name, "sort", printed(domain, rng), where),
        sort_keys=keys,
        direction=rng.random() < 0.6,
        order=(("id", False),),
    )


def update(domain: Domain, rng: random.Random) -> Spec:
    """Set, or add to, a number of the rows that match."""
    target = rng.choice(domain.number_names)
    where = (equals(rng.choice((*domain.text_names, domain.label))),)
    return Spec(
        *(domain.name, "update", (domain.label, target), where),
        order=((domain.label, False),),
        action=rng.choice(("update", "add")),
        target=target,
    )


def delete(domain: Domain, rng: random.Random) -> Spec:
    """Delete the rows that match; say how many went and how many are left."""
    where: tuple[Condition, ...] = (equals(rng.choice(domain.text_names)),)
    where = (*where, bound(domain, rng)) if rng.random() < 0.7 else where
    return Spec(domain.name, "delete", (), where, action=rng.choice(("delete", "archive")))


def upsert(domain: Domain, rng: random.Random) -> Spec:
    """Insert a row under a parent known by name, or update the one with that label."""
    return Spec(domain.name, "upsert", (), action="upsert", target=rng.choice(domain.number_names))


def multi(domain: Domain, rng: random.Random) -> Spec:
    """Several statements: move an amount from one row to another."""
    return Spec(domain.name, "multi", (), action="move", target=rng.choice(domain.number_names))


def saved(domain: Domain, rng: random.Random) -> Spec:
    """Search with criteria that are stored in the database under a title."""
    return Spec(domain.name, "saved", printed(domain, rng), order=ordered(domain, rng), action="saved")


def criteria(domain: Domain, rng: random.Random) -> Spec:
    """Store the criteria in a temporary table first, then search with them."""
    return Spec(
        *(domain.name, "criteria", printed(domain, rng)),
        order=ordered(domain, rng),
        action="criteria",
        target=rng.choice(domain.number_names),
    )


PATTERNS: dict[str, Draw] = {
    "lookup": lookup,
    "range": between,
    "join": join,
    "aggregate": aggregate,
    "group": group,
    "page": page,
    "top": top,
    "like": like,
    "in": in_list,
    "dates": dates,
    "columns": columns,
    "sort": sort,
    "update": update,
    "delete": delete,
    "upsert": upsert,
    "multi": multi,
    "saved": saved,
    "criteria": criteria,
}
