"""Wrong specs: what a careless author would ask of the same inputs; tests are chosen to tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from real.datasets.build.mini.mutants import DIRECTION, STRICTNESS
from real.datasets.build.safesql.grammar.domain import Domain
from real.datasets.build.safesql.grammar.spec import Condition, Spec


def mutants(spec: Spec, domain: Domain) -> list[Spec]:
    """Different specs that read the same inputs; some may answer alike on the data at hand."""
    return [wrong for wrong in (*_conditions(spec, domain), *_selection(spec, domain), *_order(spec)) if wrong != spec]


def _conditions(spec: Spec, domain: Domain) -> Iterator[Spec]:
    for place, condition in enumerate(spec.where):
        for wrong in _condition(condition, domain):
            yield replace(spec, where=(*spec.where[:place], wrong, *spec.where[place + 1 :]))
    if len(spec.where) > 1:
        yield replace(spec, connective="OR" if spec.connective == "AND" else "AND")


def _condition(condition: Condition, domain: Domain) -> Iterator[Condition]:
    operator, names = condition.operator, condition.names
    if operator in DIRECTION:
        yield replace(condition, operator=DIRECTION[operator])
    if operator in STRICTNESS:
        yield replace(condition, operator=STRICTNESS[operator])
    if condition.fold:
        yield replace(condition, fold=False)
    match operator:
        case "CONTAINS" | "PREFIX":
            yield replace(condition, operator="PREFIX" if operator == "CONTAINS" else "CONTAINS")
        case "YEAR" | "MONTH":
            yield replace(condition, operator=">=")
    if condition.column in domain.text_names and operator != "PICK":
        yield replace(condition, column=next(name for name in domain.text_names if name != condition.column))
    if condition.column in domain.number_names and len(names) == 1:
        yield replace(condition, column=next(name for name in domain.number_names if name != condition.column))


def _selection(spec: Spec, domain: Domain) -> Iterator[Spec]:
    if spec.aggregates:
        for function in ("SUM", "AVG", "MIN", "MAX", "COUNT"):
            yield replace(spec, aggregates=(*spec.aggregates[:-1], function))
        yield replace(spec, number=next(n for n in domain.number_names if n != spec.number))
    if spec.having:
        yield replace(spec, having=">=" if spec.having == "<=" else "<=")
    if spec.target and spec.action not in ("saved", ""):
        yield replace(spec, target=next(n for n in domain.number_names if n != spec.target))
    if spec.action in ("update", "add"):
        yield replace(spec, action="add" if spec.action == "update" else "update")
    if len(spec.columns) > 1:
        yield replace(spec, columns=(*spec.columns[:-2], *reversed(spec.columns[-2:])))


def _order(spec: Spec) -> Iterator[Spec]:
    if spec.order:
        (column, down), *rest = spec.order
        yield replace(spec, order=((column, not down), *rest))
        yield replace(spec, order=(("1", False), *rest))
        if spec.limit and not spec.paged:
            yield replace(spec, limit=spec.limit - 1)
    if spec.paged:
        yield replace(spec, limit=spec.limit + 1)
    if spec.show.empty:
        yield replace(spec, show=replace(spec.show, empty=""))
