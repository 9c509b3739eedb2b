"""A world as an SQLite database: the script that constructs the file, and a copy in memory to compute answers with."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from real.datasets.build.mini.query import Query, Slot, pieces
from real.datasets.build.mini.schemas import DECIMAL, Schema, Value, World


def _tables(world: World) -> list[tuple[str, str, Sequence[tuple[Value, ...]]]]:
    """Name, column definitions and rows of every table."""
    schema = world.schema
    columns = ", ".join(_definition(column, schema) for column in schema.columns)
    return [
        (schema.table, columns, world.rows),
        (schema.parent, "id INTEGER PRIMARY KEY, name TEXT, country TEXT", world.parents),
        ("accounts", "name TEXT, secret TEXT", world.secrets),
    ]


def _definition(column: str, schema: Schema) -> str:
    if column == "id":
        return "id INTEGER PRIMARY KEY"
    if column == "name" or column in schema.texts:
        return f"{column} TEXT"
    return f"{column} REAL" if column in DECIMAL else f"{column} INTEGER"


def construct_script(world: World) -> str:
    """A Python script that builds the database file in the working directory."""
    lines = ["import sqlite3", "", f'conn = sqlite3.connect("{world.schema.database}")']
    for name, columns, rows in _tables(world):
        marks = ", ".join("?" * len(rows[0]))
        lines.append(f'conn.execute("CREATE TABLE {name} ({columns})")')
        lines.append(f"{name} = [")
        lines += [f"    {row!r}," for row in rows]
        lines += ["]", f'conn.executemany("INSERT INTO {name} VALUES ({marks})", {name})']
    return "\n".join([*lines, "conn.commit()", "conn.close()", ""])


class Answers:
    """What the right program prints, computed on an in-memory copy of the database."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._conn = sqlite3.connect(":memory:")
        for name, columns, rows in _tables(world):
            self._conn.execute(f"CREATE TABLE {name} ({columns})")
            self._conn.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        self._cache: dict[tuple[str, tuple[Value, ...]], str] = {}

    def asker(self, query: Query) -> Callable[[Sequence[str]], str]:
        """A function from one value per input to the standard output of ``query``, without its last newline.

        It raises ``ValueError`` where a number is asked for and ``KeyError`` where a column is not allowed, as the
        reference programs do.
        """
        places = {item.name: place for place, item in enumerate(query.inputs)}
        slots = [part for part in pieces(query) if isinstance(part, Slot)]
        sql = "".join(
            "{}" if isinstance(p, Slot) and p.kind == "column" else "?" if isinstance(p, Slot) else p
            for p in pieces(query)
        )
        allowed = {column: column for item in query.inputs for column in item.choices}
        bound = [slot for slot in slots if slot.kind != "column"]
        dynamic = [places[slot.name] for slot in slots if slot.kind == "column"]

        def ask(values: Sequence[str]) -> str:
            text = sql.format(*(allowed[values[place]] for place in dynamic)) if dynamic else sql
            return self._run(text, tuple(_bind(slot, values[places[slot.name]]) for slot in bound))

        return ask

    def _run(self, sql: str, bound: tuple[Value, ...]) -> str:
        key = (sql, bound)
        if key not in self._cache:
            self._cache[key] = "\n".join(" ".join(map(str, row)) for row in self._conn.execute(sql, bound))
        return self._cache[key]


def _bind(slot: Slot, value: str) -> Value:
    if slot.kind == "text":
        return slot.before + value + slot.after
    return int(value) if slot.kind == "int" else float(value)
