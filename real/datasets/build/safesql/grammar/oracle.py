"""What the right program prints, computed on a copy of the database in memory and not with any program."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from real.datasets.build.mini.query import Slot
from real.datasets.build.safesql.grammar.rows import Value, World
from real.datasets.build.safesql.grammar.spec import Show, Spec, inputs
from real.datasets.build.safesql.grammar.steps import Step, steps

UNKNOWN_COLUMN = "unknown column"


@dataclass(frozen=True, slots=True)
class Answer:
    """The printed lines, and how many rows were found or changed."""

    text: str
    rows: int


class Oracle:
    """Answers specs of one world; every answer starts from the same rows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._conn = sqlite3.connect(":memory:", isolation_level=None)
        for table in world.tables:
            self._conn.execute(f"CREATE TABLE {table.name} ({table.columns})")
            if table.rows:
                marks = ", ".join("?" * len(table.rows[0]))
                self._conn.executemany(f"INSERT INTO {table.name} VALUES ({marks})", table.rows)

    def asker(self, spec: Spec) -> Callable[[Mapping[str, str]], Answer]:
        """A function from one line for each input, by its name, to the answer.

        It raises ``ValueError`` where a number is asked for and none is given, as the reference programs do.
        """
        items, todo = inputs(spec, self.world.domain), steps(spec, self.world.domain)
        changes = any(step.use == "change" for step in todo)

        def ask(lines: Mapping[str, str]) -> Answer:
            values: dict[str, Value | list[str]] = {}
            for item in items:
                text = lines[item.name]
                if item.kind == "column" and text not in item.choices:
                    return Answer(UNKNOWN_COLUMN, 0)
                values[item.name] = _value(item.kind, text)
            if not changes:
                return self._run(todo, values, spec.show)
            self._conn.execute("BEGIN")
            try:
                return self._run(todo, values, spec.show)
            finally:
                self._conn.execute("ROLLBACK")

        return ask

    def _run(self, todo: Sequence[Step], values: dict[str, Value | list[str]], show: Show) -> Answer:
        printed: list[str] = []
        touched = 0
        for step in todo:
            sql, bound = _bound(step, values)
            cursor = self._conn.execute(sql, bound)
            if step.use == "need":
                row = cursor.fetchone()
                if row is None:
                    return Answer("\n".join([*printed, step.message]), 0)
                values.update(zip(step.into, row, strict=False))
            elif step.use == "change":
                if step.report:
                    touched = cursor.rowcount
                    printed.append(step.report.format(cursor.rowcount))
            else:
                rows = cursor.fetchall()
                touched = max(touched, len(rows)) if step.width > 1 or len(todo) == 1 else touched
                printed += [show.separator.join(map(str, row)) for row in rows]
                printed += [show.empty] if show.empty and not rows else []
                printed += [f"{len(rows)} found"] if show.count else []
        return Answer("\n".join(printed), touched)


def _value(kind: str, text: str) -> Value | list[str]:
    match kind:
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "list":
            return [part.strip() for part in text.split(",")]
        case "direction":
            return "DESC" if text == "desc" else "ASC"
    return text


def _bound(step: Step, values: Mapping[str, Value | list[str]]) -> tuple[str, list[Value]]:
    sql = ""
    bound: list[Value] = []
    for part in step.parts:
        if not isinstance(part, Slot):
            sql += part
            continue
        value = values[part.name]
        if isinstance(value, list):
            sql += ", ".join("?" * len(value))
            bound += value
        elif part.kind in ("column", "direction"):
            sql += str(value)
        else:
            sql += "?"
            bound.append(f"{part.before}{value}{part.after}" if part.kind == "text" else value)
    return sql, bound
