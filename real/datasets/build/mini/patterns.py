"""Query patterns: what can be asked of a table. Each lists every query of its shape over a schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from real.datasets.build.mini.query import Input, Query, Term
from real.datasets.build.mini.schemas import DECIMAL, Schema

Pattern = Callable[[Schema], Iterator[Query]]


def number_kind(column: str) -> str:
    """How a program reads a number that is compared with ``column``."""
    return "float" if column in DECIMAL else "int"


def _text(column: str) -> Input:
    return Input(column, "text", column)


def _number(column: str, name: str | None = None) -> Input:
    return Input(name or column, number_kind(column), column)


def _outputs(schema: Schema, *filtered: str) -> list[tuple[str, ...]]:
    """What a row query may print: the name, a number, or the name with one more column that is not filtered on."""
    others = [c for c in (*schema.texts, *schema.numbers) if c not in filtered]
    return [("name",), *(("name", c) for c in others), *((c,) for c in others if c in schema.numbers)]


def _orders(schema: Schema) -> list[tuple[str, bool]]:
    return [("id", False), ("name", False), *((n, True) for n in schema.numbers), (schema.numbers[0], False)]


def equality(schema: Schema) -> Iterator[Query]:
    """Rows whose text column equals the input."""
    for c in schema.texts:
        for out in _outputs(schema, c):
            for order, down in _orders(schema):
                yield Query(schema.table, out, (_text(c),), (Term(c, "=", (c,)),), order=order, descending=down)


def membership(schema: Schema) -> Iterator[Query]:
    """Rows whose text column is one of two inputs."""
    for c in schema.texts:
        inputs = (Input("first", "text", c), Input("second", "text", c))
        for out in _outputs(schema, c):
            for order, down in _orders(schema):
                yield Query(
                    schema.table, out, inputs, (Term(c, "IN", ("first", "second")),), order=order, descending=down
                )


def like(schema: Schema) -> Iterator[Query]:
    """Rows whose name contains, or starts with, the input."""
    for operator in ("CONTAINS", "PREFIX"):
        for out in _outputs(schema):
            for order, down in _orders(schema):
                term = Term("name", operator, ("text",))
                yield Query(schema.table, out, (Input("text", "text", "name"),), (term,), order=order, descending=down)


def count(schema: Schema) -> Iterator[Query]:
    """How many rows meet one condition, on a text or a number."""
    for c in schema.texts:
        yield Query(schema.table, ("name",), (_text(c),), (Term(c, "=", (c,)),), aggregate="COUNT")
    for n in schema.numbers:
        for operator in (">", "<", ">=", "<="):
            yield Query(schema.table, ("name",), (_number(n),), (Term(n, operator, (n,)),), aggregate="COUNT")


def comparison(schema: Schema) -> Iterator[Query]:
    """Rows whose number lies above or below the input."""
    for n in schema.numbers:
        for operator in (">", "<", ">=", "<="):
            for out in _outputs(schema, n):
                for order, down in _orders(schema):
                    yield Query(
                        schema.table, out, (_number(n),), (Term(n, operator, (n,)),), order=order, descending=down
                    )


def between(schema: Schema) -> Iterator[Query]:
    """Rows whose number lies between two inputs, both included."""
    for n in schema.numbers:
        inputs = (_number(n, "low"), _number(n, "high"))
        for out in _outputs(schema, n):
            for order, down in _orders(schema):
                yield Query(
                    schema.table, out, inputs, (Term(n, "BETWEEN", ("low", "high")),), order=order, descending=down
                )


def aggregate(schema: Schema) -> Iterator[Query]:
    """The smallest, largest, total or mean number of the rows whose text column equals the input."""
    for c in schema.texts:
        for n in schema.numbers:
            for function in ("MIN", "MAX", "AVG") if n in DECIMAL else ("MIN", "MAX", "AVG", "SUM"):
                yield Query(schema.table, (n,), (_text(c),), (Term(c, "=", (c,)),), aggregate=function)


def two_conditions(schema: Schema) -> Iterator[Query]:
    """Rows that meet a text condition and, or or, a number condition."""
    for c in schema.texts:
        for n in schema.numbers:
            for operator in (">", "<"):
                for connective in ("AND", "OR"):
                    for out in _outputs(schema, c, n):
                        yield Query(
                            *(schema.table, out, (_text(c), _number(n))),
                            (Term(c, "=", (c,)), Term(n, operator, (n,))),
                            connective,
                            order="id",
                        )


def top(schema: Schema) -> Iterator[Query]:
    """The first few rows by a number among those whose text column equals the input."""
    for c in schema.texts:
        for n in schema.numbers:
            for down in (True, False):
                for limit in (2, 3):
                    for out in (("name",), ("name", n)):
                        yield Query(
                            *(schema.table, out, (_text(c),), (Term(c, "=", (c,)),)),
                            order=n,
                            descending=down,
                            limit=limit,
                        )


def join(schema: Schema) -> Iterator[Query]:
    """Rows whose parent comes from the country that the input names."""
    inputs = (Input("country", "text", "country"),)
    for out in _outputs(schema):
        for order, down in _orders(schema):
            yield Query(
                *(schema.table, out, inputs, (Term("country", "=", ("country",)),)),
                order=order,
                descending=down,
                parent=schema.parent,
            )


def dynamic_sort(schema: Schema) -> Iterator[Query]:
    """Rows whose text column equals the first input, sorted by the column that the second input names."""
    for c in schema.texts:
        for n in schema.numbers:
            allowed = ("name", n)
            for out in (("name",), ("name", n), *(("name", m) for m in schema.numbers if m != n)):
                yield Query(
                    *(schema.table, out, (_text(c), Input("column", "column", "", allowed)), (Term(c, "=", (c,)),)),
                    order_input="column",
                )


PATTERNS: dict[str, Pattern] = {
    "equality": equality,
    "in": membership,
    "like": like,
    "count": count,
    "comparison": comparison,
    "range": between,
    "aggregate": aggregate,
    "two_conditions": two_conditions,
    "top": top,
    "join": join,
    "dynamic_sort": dynamic_sort,
}
