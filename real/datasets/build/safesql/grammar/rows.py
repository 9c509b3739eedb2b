"""The rows of a domain, and the Python script that stores them in an SQLite file."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import TypeAlias

from real.datasets.build.safesql.grammar.domain import VAULTS, Domain, Number

Value: TypeAlias = int | float | str

ROWS = 26
PARENTS = 6
_PARENT_NAMES = (
    *("Abel", "Berta", "Carlo", "Dina", "Egon", "Frida", "Gustav", "Hilde", "Igor", "Judith", "Kurt", "Livia"),
    *("Magnus", "Nelly", "Otto", "Paula", "Rufus", "Selma", "Tibor", "Ursula", "Viktor", "Wilma"),
)
_SEARCHES = ("monday", "favourites", "audit", "holiday", "night shift", "tuesday", "first floor", "owner's pick")
_FIRST_DAY = date(2022, 1, 3)


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is stored: name, column definitions and rows."""

    name: str
    columns: str
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class World:
    """A domain with its rows; ``tables`` begins with the main table and its parent."""

    domain: Domain
    tables: tuple[Table, ...]

    def values(self, column: str) -> list[Value]:
        """The distinct values of a column of the main table, of ``parent.column`` or ``search.title``, in row order."""
        owner, _, name = column.rpartition(".")
        table = {"": 0, "parent": 1, "search": 2}[owner]
        names = (self.domain.columns, ("id", "name", self.domain.place.name), ("title", "wanted", "least"))[table]
        place = names.index(name)
        return list(dict.fromkeys(row[place] for row in self.tables[table].rows))


def build_world(domain: Domain, seed: int) -> World:
    """The rows of a domain; the same seed gives the same rows on every machine and Python."""
    rng = random.Random(f"safesql_gen/rows/{seed}/{domain.name}")
    quoted = [first for first in domain.firsts if "'" in first]
    labels = [f"{first} {last}" for first, last in product(domain.firsts, domain.lasts) if first not in quoted]
    possessive = [f"{first} {last}" for first, last in product(quoted or domain.firsts, domain.lasts)]
    picked = rng.sample(labels, min(ROWS - 2, len(labels)))
    picked += rng.sample([label for label in possessive if label not in picked], ROWS - len(picked))
    rng.shuffle(picked)
    columns: list[Sequence[Value]] = [range(1, ROWS + 1), picked]
    columns += [_texts(rng, text.values) for text in domain.texts]
    columns += [_numbers(rng, number) for number in domain.numbers]
    columns.append([(_FIRST_DAY + timedelta(days=rng.randrange(3 * 365))).isoformat() for _ in range(ROWS)])
    columns.append([1 + place % PARENTS for place in rng.sample(range(ROWS), ROWS)])
    parents = zip(rng.sample(_PARENT_NAMES, PARENTS), _texts(rng, domain.place.values, PARENTS), strict=True)
    tables = [
        Table(domain.table, _definitions(domain), tuple(zip(*columns, strict=True))),
        Table(
            domain.parent,
            f"id INTEGER PRIMARY KEY, name TEXT, {domain.place.name} TEXT",
            tuple((number, name, str(place)) for number, (name, place) in enumerate(parents, 1)),
        ),
        *_side_tables(domain, rng),
    ]
    return World(domain, tuple(tables))


def _side_tables(domain: Domain, rng: random.Random) -> Iterator[Table]:
    number, kind = domain.numbers[0], "REAL" if domain.numbers[0].decimal else "INTEGER"
    wanted = [*domain.texts[0].values, *rng.choices(domain.texts[0].values, k=len(_SEARCHES))][: len(_SEARCHES)]
    least = [number.low + (number.high - number.low) * step // 10 for step in rng.sample(range(8), len(wanted))]
    searches = tuple(zip(_SEARCHES, wanted, map(float, least) if number.decimal else least, strict=True))
    yield Table("saved_searches", f"title TEXT, wanted TEXT, least {kind}", searches)
    yield Table(f"old_{domain.table}", f"{domain.label} TEXT, {domain.number_names[1]} {_type(domain.numbers[1])}", ())
    owner, secret = VAULTS[domain.vault]
    secrets = tuple((name, f"key-{rng.randrange(10**6):06d}") for name in ("root", "backup"))
    yield Table(domain.vault, f"{owner} TEXT, {secret} TEXT", secrets)


def _definitions(domain: Domain) -> str:
    columns = ["id INTEGER PRIMARY KEY", f"{domain.label} TEXT UNIQUE"]
    columns += [f"{text.name} TEXT" for text in domain.texts]
    columns += [f"{number.name} {_type(number)}" for number in domain.numbers]
    return ", ".join([*columns, f"{domain.date} TEXT", f"{domain.key} INTEGER"])


def _type(number: Number) -> str:
    return "REAL" if number.decimal else "INTEGER"


def _texts(rng: random.Random, values: Sequence[str], count: int = ROWS) -> list[Value]:
    """Values in uneven shares, each at least once where there is room."""
    cells = [*values, *rng.choices(values, range(len(values), 0, -1), k=max(0, count - len(values)))][:count]
    rng.shuffle(cells)
    return list(cells)


def _numbers(rng: random.Random, number: Number) -> list[Value]:
    """Distinct where the range has room, so that few orders have ties."""
    if number.decimal:
        span = (number.high - number.low) * 10
        return [float(f"{number.low + step / 10:.1f}") for step in rng.sample(range(span + 1), ROWS)]
    span = number.high - number.low + 1
    return [
        number.low + step
        for step in (rng.sample(range(span), ROWS) if span >= ROWS else rng.choices(range(span), k=ROWS))
    ]


def construct_script(world: World) -> str:
    """A Python script that builds the database file in the working directory."""
    lines = ["import sqlite3", "", f'conn = sqlite3.connect("{world.domain.file}")']
    for table in world.tables:
        lines.append(f'conn.execute("CREATE TABLE {table.name} ({table.columns})")')
        if table.rows:
            marks = ", ".join("?" * len(table.rows[0]))
            lines += ["rows = [", *(f"    {row!r}," for row in table.rows), "]"]
            lines.append(f'conn.executemany("INSERT INTO {table.name} VALUES ({marks})", rows)')
    return "\n".join([*lines, "conn.commit()", "conn.close()", ""])
