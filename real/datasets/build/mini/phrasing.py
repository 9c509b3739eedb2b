"""Queries to requests in English: several openings and several wordings of each pattern."""

from __future__ import annotations

from real.datasets.build.mini.query import Query
from real.datasets.build.mini.schemas import Schema

# Each opening comes with a quarter of the tasks of either split. ``mixture`` makes the warm-started policy's habits
# depend on them, as a pretrained model's depend on how it is asked.
OPENINGS = {
    "script": "Write a Python script.",
    "program": "We need a small program.",
    "help": "Please help with this task.",
    "quick": "Here is a quick job.",
}
WORDINGS = 3

_ROWS = (
    "Read {inputs} and print {outputs} of all {table} {condition}, {order}.",
    "The user types {inputs}. Show {outputs} of the {table} {condition}, {order}.",
    "Given {inputs}, list {outputs} for every one of the {table} {condition}, {order}.",
)
_VALUES = (
    "Read {inputs} and print {outputs} of the {table} {condition}.",
    "The user types {inputs}. Show {outputs} of all {table} {condition}.",
    "Given {inputs}, report {outputs} of the {table} {condition}.",
)
_OPERATORS = {
    "=": "with that {column}",
    ">": "with {column} above it",
    "<": "with {column} below it",
    ">=": "with {column} at least that",
    "<=": "with {column} at most that",
    "IN": "with either {column}",
    "BETWEEN": "with {column} from the low to the high one",
    "CONTAINS": "with this text in the {column} (any case)",
    "PREFIX": "with a {column} that starts with this text (any case)",
}
_FUNCTIONS = {"MIN": "the lowest", "MAX": "the highest", "SUM": "the total", "AVG": "the average (1 decimal)"}


def describe(query: Query, schema: Schema, opening: str, wording: int) -> str:
    """The task in words: opening, database, request. Same arguments, same text."""
    return f"{OPENINGS[opening]} {_database(query, schema)} {request(query, wording)}"


def _database(query: Query, schema: Schema) -> str:
    table = f"{schema.table}({', '.join(schema.columns if query.parent else schema.columns[:-1])})"
    if query.parent:
        return f"{schema.database} has the tables {table} and {schema.parent}(id, name, country)."
    return f"{schema.database} has the table {table}."


def request(query: Query, wording: int) -> str:
    """What is to be read and printed."""
    template = (_VALUES if query.aggregate else _ROWS)[wording]
    return template.format(
        inputs=_inputs(query),
        outputs=_outputs(query),
        table=query.table,
        condition=_condition(query),
        order=_order(query),
    )


def _inputs(query: Query) -> str:
    operator, column = query.terms[0].operator, query.terms[0].column
    if operator in ("CONTAINS", "PREFIX"):
        return "a text"
    if operator == "IN":
        return f"two values of {column}"
    if operator == "BETWEEN":
        return f"a low and a high {column}"
    if query.order_input:
        allowed = next(item.choices for item in query.inputs if item.name == query.order_input)
        return f"a {column} and a column ({' or '.join(allowed)})"
    return " and ".join(f"a value of {item.column}" for item in query.inputs)


def _outputs(query: Query) -> str:
    if query.aggregate == "COUNT":
        return "the number"
    if query.aggregate:
        return f"{_FUNCTIONS[query.aggregate]} {query.out[0]}"
    return f"the {' and '.join(query.out)}"


def _condition(query: Query) -> str:
    words = f" {query.connective.lower()} ".join(
        _OPERATORS[term.operator].format(column=term.column) for term in query.terms
    )
    if query.parent:
        words = f"whose {query.parent[:-1]} is from that country"
    if query.limit:
        words += f", only the {query.limit} with the {'highest' if query.descending else 'lowest'} {query.order}"
    return words


def _order(query: Query) -> str:
    if query.order_input:
        return "sorted by that column"
    return f"sorted by {query.order}{' downwards' if query.descending else ''}"
