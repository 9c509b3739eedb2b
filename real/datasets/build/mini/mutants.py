"""Wrong answers: queries that differ from the right one as a careless author's would, and run without an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from real.datasets.build.mini.query import Query, Term
from real.datasets.build.mini.schemas import Schema

STRICTNESS = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}
DIRECTION = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "=": "!="}
AGGREGATES = {"MIN": "MAX", "MAX": "MIN", "SUM": "AVG", "AVG": "SUM", "COUNT": ""}


def mutants(query: Query, schema: Schema) -> dict[str, Query]:
    """Name to wrong query; some may by chance give the right output on the data at hand, the caller checks."""
    wrong: dict[str, Query] = {}
    for name, mutant in (*_selection(query, schema), *_conditions(query, schema), *_order(query, schema)):
        if mutant != query:
            wrong.setdefault(name, mutant)
    return wrong


def _selection(query: Query, schema: Schema) -> Iterator[tuple[str, Query]]:
    if query.aggregate:
        yield "aggregate", replace(query, aggregate=AGGREGATES[query.aggregate])
        if query.aggregate != "COUNT":
            yield "rows_not_aggregate", replace(query, aggregate="")
            other = next(n for n in schema.numbers if n not in query.out)
            yield "aggregated_column", replace(query, out=(other,))
        return
    filtered = {term.column for term in query.terms}
    other = next(c for c in (*schema.numbers, *schema.texts) if c not in query.out and c not in filtered)
    yield "output_column", replace(query, out=(*query.out[:-1], other) if len(query.out) > 1 else (other,))
    yield "output_extra", replace(query, out=("id", *query.out))


def _conditions(query: Query, schema: Schema) -> Iterator[tuple[str, Query]]:
    first, *rest = query.terms
    if first.operator in DIRECTION:
        yield "direction", _with_first(query, replace(first, operator=DIRECTION[first.operator]))
    if first.operator in STRICTNESS:
        yield "strictness", _with_first(query, replace(first, operator=STRICTNESS[first.operator]))
    if first.operator == "BETWEEN":
        low, high = (Term(first.column, op, (name,)) for op, name in zip("><", first.inputs, strict=True))
        yield "strictness", replace(query, terms=(low, high))
        yield "lower_bound_only", _with_first(query, replace(low, operator=">="))
    if first.operator == "IN":
        yield "first_only", _with_first(query, Term(first.column, "=", first.inputs[:1]))
        yield "negated", _with_first(query, replace(first, operator="NOT IN"))
    if first.operator in ("CONTAINS", "PREFIX"):
        yield (
            "like",
            _with_first(query, replace(first, operator="PREFIX" if first.operator == "CONTAINS" else "CONTAINS")),
        )
        yield "exact", _with_first(query, replace(first, operator="="))
    if query.parent:
        yield "filter_column", _with_first(query, replace(first, column="name"))
    elif first.column in schema.texts or first.column in schema.numbers:
        family = schema.texts if first.column in schema.texts else schema.numbers
        taken = {term.column for term in query.terms}
        other = next(c for c in family if c not in taken)
        yield "filter_column", _with_first(query, replace(first, column=other))
    if rest:
        yield "connective", replace(query, connective="OR" if query.connective == "AND" else "AND")
        second = rest[0]
        yield "second_direction", replace(query, terms=(first, replace(second, operator=DIRECTION[second.operator])))


def _order(query: Query, schema: Schema) -> Iterator[tuple[str, Query]]:
    if query.order or query.order_input:
        yield "order_direction", replace(query, descending=not query.descending)
    if query.order_input:
        yield "order_fixed", replace(query, order_input="", order="id")
    elif query.order and query.order != "id":
        yield "order_missing", replace(query, order="", descending=False)
        other = next(n for n in schema.numbers if n != query.order)
        yield "order_column", replace(query, order=other)
    if query.limit:
        yield "limit_missing", replace(query, limit=0)
        yield "limit_off_by_one", replace(query, limit=query.limit - 1)


def _with_first(query: Query, term: Term) -> Query:
    return replace(query, terms=(term, *query.terms[1:]))
