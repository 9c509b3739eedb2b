"""From a spec to the statements that answer it: SQL with a slot for each use of an input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from real.datasets.build.mini.query import Piece, Slot, joined_text
from real.datasets.build.safesql.grammar.domain import Domain
from real.datasets.build.safesql.grammar.spec import Condition, Spec, inputs, kind_of

LIKE = {"CONTAINS": ("%", "%"), "PREFIX": ("", "%")}


@dataclass(frozen=True, slots=True)
class Step:
    """One statement. ``use``: rows (print them), need (go on only where there is a row), change (run it).

    ``into``: variables that take the row of a ``need``; ``message``: printed where it has none. ``report``: printed
    after a change, with the number of rows. ``width``: columns of a SELECT.
    """

    use: str
    parts: tuple[Piece, ...]
    width: int = 0
    into: tuple[str, ...] = ()
    message: str = ""
    report: str = ""


def steps(spec: Spec, domain: Domain) -> tuple[Step, ...]:
    """The statements of a task, in order."""
    match spec.action:
        case "update" | "add" | "delete" | "archive":
            return tuple(_bulk(spec, domain))
        case "upsert":
            return tuple(_upsert(spec, domain))
        case "move":
            return tuple(_move(spec, domain))
        case "saved":
            return tuple(_saved(spec, domain))
        case "criteria":
            return tuple(_criteria(spec, domain))
    return (_select(spec, domain),)


def _step(use: str, *parts: Piece | list[Piece], **more: object) -> Step:
    flat: list[Piece] = []
    for part in parts:
        flat += part if isinstance(part, list) else [part]
    return Step(use, tuple(joined_text(flat)), **more)  # type: ignore[arg-type]  # the fields of Step, as given


def _select(spec: Spec, domain: Domain, extra: list[Piece] | None = None) -> Step:
    near = "a." if spec.joined or extra else ""
    columns = _selected(spec, domain, near)
    tail: list[Piece] = [*(extra or []), *_where(spec, domain, near)]
    if spec.group:
        tail.append(f" GROUP BY {_column(spec.group, near)}")
    if spec.having:
        tail += [f" HAVING COUNT(*) {spec.having} ", Slot("least", "int")]
    tail += _order(spec, near)
    return _step("rows", "SELECT ", columns, f" FROM {_tables(spec, domain, near)}", tail, width=width(spec))


def width(spec: Spec) -> int:
    """How many columns the printed rows have."""
    return len(spec.columns) + bool(spec.pick) + bool(spec.group) + len(spec.aggregates)


def _selected(spec: Spec, domain: Domain, near: str) -> list[Piece]:
    found: list[Piece] = []
    for column in ([spec.group] if spec.group else []) + list(spec.columns):
        name = _column(column, near)
        found += [", "] if found else []
        found.append(f"UPPER({name})" if spec.show.upper and len(found) == 0 else name)
    if spec.pick:
        found += [", "] if found else []
        found.append(Slot("column", "column"))
    for function in spec.aggregates:
        found += [", "] if found else []
        found.append(_aggregate(function, spec.number, domain, near))
    return found


def _aggregate(function: str, number: str, domain: Domain, near: str) -> str:
    if function == "COUNT":
        return "COUNT(*)"
    call = f"{function}({near}{number})"
    rounded = function == "AVG" or (function == "SUM" and domain.number(number).decimal)
    return f"ROUND({call}, 2)" if rounded else call


def _column(column: str, near: str) -> str:
    return f"b.{column.removeprefix('parent.')}" if column.startswith("parent.") else near + column


def _tables(spec: Spec, domain: Domain, near: str) -> str:
    main = f"{domain.table} a" if near else domain.table
    return f"{main} JOIN {domain.parent} b ON a.{domain.key} = b.id" if spec.joined else main


def _where(spec: Spec, domain: Domain, near: str) -> Iterator[Piece]:
    for number, condition in enumerate(spec.where):
        yield f" {spec.connective} " if number else " WHERE "
        yield from _condition(condition, domain, near)


def _condition(condition: Condition, domain: Domain, near: str) -> list[Piece]:  # noqa: PLR0911
    column, names = _column(condition.column, near), condition.names
    slots = [Slot(name, kind_of(condition.column, domain)) for name in names]
    match condition.operator:
        case "CONTAINS" | "PREFIX":
            return [f"{column} LIKE ", Slot(names[0], "text", *LIKE[condition.operator])]
        case "BETWEEN":
            return [f"{column} BETWEEN ", slots[0], " AND ", slots[1]]
        case "IN":
            return [f"{column} IN (", slots[0], ", ", slots[1], ")"]
        case "LIST":
            return [f"{column} IN (", Slot(names[0], "list"), ")"]
        case "MONTH" | "YEAR":
            return [f"substr({column}, 1, {7 if condition.operator == 'MONTH' else 4}) = ", slots[0]]
        case "PICK":
            return [near, Slot(names[0], "column"), " = ", Slot(names[1], "text")]
    if condition.fold:
        return [f"LOWER({column}) {condition.operator} LOWER(", slots[0], ")"]
    return [f"{column} {condition.operator} ", slots[0]]


def _order(spec: Spec, near: str) -> Iterator[Piece]:
    if spec.sort_keys:
        yield f" ORDER BY {near}"
        yield Slot("key", "column")
        if spec.direction:
            yield " "
            yield Slot("direction", "direction")
        if spec.order:
            yield ", "
    elif spec.order:
        yield " ORDER BY "
    yield ", ".join(_ordered(column, near) + (" DESC" if down else "") for column, down in spec.order)
    if spec.limit_input:
        yield " LIMIT "
        yield Slot("count", "int")
    elif spec.limit:
        yield f" LIMIT {spec.limit}"
    if spec.paged:
        yield " OFFSET ("
        yield Slot("page", "int")
        yield f" - 1) * {spec.limit}"


def _ordered(column: str, near: str) -> str:
    return column if column.isdecimal() else _column(column, near)  # a number is a place in the SELECT list


def _bulk(spec: Spec, domain: Domain) -> Iterator[Step]:
    where, table, label, target = list(_where(spec, domain, "")), domain.table, domain.label, spec.target
    if spec.action == "archive":
        number = domain.number_names[1]
        head = f"INSERT INTO old_{table} ({label}, {number}) SELECT {label}, {number} FROM {table}"
        yield _step("change", head, where, report=f"{{}} {table} archived")
    if spec.action in ("archive", "delete"):
        report = f"{{}} {table} deleted" if spec.action == "delete" else ""
        yield _step("change", f"DELETE FROM {table}", where, report=report)
        yield _step("rows", f"SELECT COUNT(*) FROM {table}", width=1)
        return
    value: list[Piece] = [Slot("amount", kind_of(target, domain))]
    if spec.action == "add":
        value = [f"{target} + ", *value]
    yield _step("change", f"UPDATE {table} SET {target} = ", value, where, report=f"{{}} {table} changed")
    yield _select(spec, domain)


def _upsert(spec: Spec, domain: Domain) -> Iterator[Step]:
    label, target, noun = domain.label, spec.target, domain.parent_noun
    yield _step(
        *("need", f"SELECT id FROM {domain.parent} WHERE name = ", Slot(noun, "text")),
        width=1, into=(domain.key,), message=f"unknown {noun}",
    )  # fmt: skip
    yield _step(
        *("change", f"INSERT INTO {domain.table} ({label}, {target}, {domain.key}) VALUES ("),
        *(Slot(label, "text"), ", ", Slot("amount", kind_of(target, domain)), ", ", Slot(domain.key, "stored")),
        f") ON CONFLICT({label}) DO UPDATE SET {target} = excluded.{target}, {domain.key} = excluded.{domain.key}",
    )
    yield _step(
        *("rows", f"SELECT id, {label}, {target} FROM {domain.table} WHERE {domain.key} = "),
        *(Slot(domain.key, "stored"), f" ORDER BY {label}"),
        width=3,
    )


def _move(spec: Spec, domain: Domain) -> Iterator[Step]:
    table, label, target = domain.table, domain.label, spec.target
    amount = Slot("amount", kind_of(target, domain))
    have = f"SELECT id FROM {table} WHERE {label} = "
    yield _step("need", have, Slot("source", "text"), f" AND {target} >= ", amount, width=1, message="not possible")
    yield _step("need", have, Slot("goal", "text"), width=1, message=f"unknown {domain.noun}")
    for sign, name in (("-", "source"), ("+", "goal")):
        yield _step("change", f"UPDATE {table} SET {target} = {target} {sign} ", amount, f" WHERE {label} = ",
                    Slot(name, "text"))  # fmt: skip
    shown = f"SELECT {label}, {target} FROM {table} WHERE {label} IN ("
    yield _step("rows", shown, Slot("source", "text"), ", ", Slot("goal", "text"), f") ORDER BY {label}", width=2)


def _saved(spec: Spec, domain: Domain) -> Iterator[Step]:
    first, number = domain.texts[0].name, domain.number_names[0]
    yield _step(
        *("need", "SELECT wanted, least FROM saved_searches WHERE title = ", Slot("search", "text")),
        width=2, into=("wanted", "least"), message="no such search",
    )  # fmt: skip
    near = "a." if spec.joined else ""
    stored: list[Piece] = [f" {spec.connective} " if spec.where else " WHERE "]
    stored += [f"{near}{first} = ", Slot("wanted", "stored_text"), f" AND {near}{number} >= ", Slot("least", "stored")]
    main = _step(
        *("rows", "SELECT ", _selected(spec, domain, near), f" FROM {_tables(spec, domain, near)}"),
        *(list(_where(spec, domain, near)), stored, list(_order(spec, near))),
        width=width(spec),
    )
    yield main


def _criteria(spec: Spec, domain: Domain) -> Iterator[Step]:
    first, number = domain.texts[0].name, spec.target
    kind = kind_of(number, domain)
    yield _step("change", f"CREATE TEMP TABLE chosen (wanted TEXT, bound {'REAL' if kind == 'float' else 'INTEGER'})")
    yield _step("change", "INSERT INTO chosen VALUES (", Slot("wanted", "text"), ", ", Slot("bound", kind), ")")
    join: list[Piece] = [f" JOIN chosen c ON a.{first} = c.wanted AND a.{number} >= c.bound"]
    yield _select(spec, domain, join)


def first_use(spec: Spec, domain: Domain) -> dict[str, tuple[Step, int]]:
    """For each input the first step with a slot for it, and the slot's place in ``parts``."""
    found: dict[str, tuple[Step, int]] = {}
    for step in steps(spec, domain):
        for place, part in enumerate(step.parts):
            if isinstance(part, Slot) and part.name not in found:
                found[part.name] = (step, place)
    return {item.name: found[item.name] for item in inputs(spec, domain) if item.name in found}
