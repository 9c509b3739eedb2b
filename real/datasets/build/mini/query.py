"""A query as data: what is selected, from which rows, in which order, and which user inputs it depends on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

LIKE = {"CONTAINS": ("%", "%"), "PREFIX": ("", "%")}  # operator -> what surrounds the input in the LIKE pattern


@dataclass(frozen=True, slots=True)
class Input:
    """One line of standard input. ``kind``: text, int, float, or column (the name of a column)."""

    name: str  # the variable that holds it
    kind: str
    column: str  # the column its values come from
    choices: tuple[str, ...] = ()  # for kind=column: the columns that may be named


@dataclass(frozen=True, slots=True)
class Term:
    """One condition; ``operator`` is an SQL comparison, IN, NOT IN, BETWEEN, CONTAINS or PREFIX."""

    column: str
    operator: str
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT over one table, or over it and its parent (then ``terms`` are about the parent)."""

    table: str
    out: tuple[str, ...]
    inputs: tuple[Input, ...]
    terms: tuple[Term, ...]
    connective: str = "AND"
    aggregate: str = ""  # COUNT, MIN, MAX, SUM or AVG; ``out`` is then the aggregated column
    order: str = ""
    descending: bool = False
    limit: int = 0
    parent: str = ""
    order_input: str = ""  # the input that names the column to sort by


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the SQL text where an input goes; ``before`` and ``after`` surround it inside a LIKE pattern."""

    name: str
    kind: str
    before: str = ""
    after: str = ""


Piece: TypeAlias = str | Slot


def encode(query: Query) -> str:
    """Compact JSON of a query, for ``Task.tags``."""
    return json.dumps(asdict(query), separators=(",", ":"))


def decode(text: str) -> Query:
    """The query that ``encode`` wrote."""
    data: dict[str, Any] = json.loads(text)
    inputs = tuple(Input(i["name"], i["kind"], i["column"], tuple(i["choices"])) for i in data.pop("inputs"))
    terms = tuple(Term(t["column"], t["operator"], tuple(t["inputs"])) for t in data.pop("terms"))
    return Query(**{**data, "out": tuple(data["out"]), "inputs": inputs, "terms": terms})


def pieces(query: Query) -> list[Piece]:
    """The SQL text with a slot for each use of an input."""
    near, far = ("a.", "b.") if query.parent else ("", "")
    parts: list[Piece] = [f"SELECT {_selected(query, near)} FROM {query.table}"]
    if query.parent:
        parts.append(f" a JOIN {query.parent} b ON a.{query.parent[:-1]}_id = b.id")
    kinds = {i.name: i.kind for i in query.inputs}
    for number, term in enumerate(query.terms):
        parts.append(f" {query.connective} " if number else " WHERE ")
        parts += _condition(term, far, kinds)
    if query.order_input:
        parts += [" ORDER BY ", Slot(query.order_input, "column")]
    elif query.order:
        parts.append(f" ORDER BY {near}{query.order}")
    if query.descending:
        parts.append(" DESC")
    if query.limit:
        parts.append(f" LIMIT {query.limit}")
    return joined_text(parts)


def _selected(query: Query, near: str) -> str:
    if query.aggregate == "COUNT":
        return "COUNT(*)"
    if query.aggregate == "AVG":
        return f"ROUND(AVG({query.out[0]}), 1)"
    if query.aggregate:
        return f"{query.aggregate}({query.out[0]})"
    return ", ".join(near + column for column in query.out)


def _condition(term: Term, far: str, kinds: dict[str, str]) -> list[Piece]:
    column = far + term.column
    slots = [Slot(name, kinds[name]) for name in term.inputs]
    if term.operator in LIKE:
        before, after = LIKE[term.operator]
        return [f"{column} LIKE ", Slot(term.inputs[0], "text", before, after)]
    if term.operator == "BETWEEN":
        return [f"{column} BETWEEN ", slots[0], " AND ", slots[1]]
    if term.operator in ("IN", "NOT IN"):
        listed: list[Piece] = [f"{column} {term.operator} ("]
        for number, slot in enumerate(slots):
            listed += [", ", slot] if number else [slot]
        return [*listed, ")"]
    return [f"{column} {term.operator} ", slots[0]]


def joined_text(parts: list[Piece]) -> list[Piece]:
    """Neighbouring strings as one."""
    joined: list[Piece] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return joined
