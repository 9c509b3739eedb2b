"""Pages whose size the client chooses: paginators of REST framework, and slices of Django's query sets."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.analysis.facts import Facts
from real.detector.analysis.flows import Defect
from real.detector.concepts.endpoints import app_of, is_handler
from real.detector.ir.definitions import definition
from real.detector.ir.instructions import Instr, Unit
from real.detector.vocabulary import QUERY_STEPS

# Base class -> the member by which a client may choose the size, and the one that limits it (``None`` by default).
_PAGINATORS = {
    "PageNumberPagination": ("page_size_query_param", "max_page_size"),
    "CursorPagination": ("page_size_query_param", "max_page_size"),
    "LimitOffsetPagination": ("", "max_limit"),
}
_OVERRIDDEN = ("get_page_size", "get_limit", "paginate_queryset")


def unlimited_paginators(facts: Facts) -> Iterator[Defect]:
    """``page_size_query_param`` without ``max_page_size``, ``LimitOffsetPagination`` without ``max_limit``."""
    for cls in app_of(facts).classes.values():
        base = next((name for name in _PAGINATORS if name in cls.bases), None)
        if base is None:
            continue
        chosen, limit = _PAGINATORS[base]
        member = cls.member(chosen) if chosen else next(iter(cls.members.values()), None)
        if member is None or (chosen and not any(facts.constants(*member))):
            continue
        most = cls.member(limit)
        if most is not None and facts.constants(*most) != {None}:
            continue
        if most is None and any(
            cls.method(name) is not None and _takes_least(cls.method(name)) for name in _OVERRIDDEN
        ):
            continue
        place = _place(facts, most if most is not None else member)
        if place is not None:
            yield Defect(place, f"a request decides how large the page becomes: {limit} is not set")


def _takes_least(unit: Unit | None) -> bool:
    """Whether an overridden method limits the size itself."""
    node = unit.node if unit is not None else None
    return node is not None and any(
        isinstance(inner, ast.Compare) or (isinstance(inner, ast.Name) and inner.id in ("min", "_positive_int"))
        for inner in ast.walk(node)
        if not (isinstance(inner, ast.Compare) and _asks_for_positive(inner))
    )


def _asks_for_positive(compare: ast.Compare) -> bool:
    return any(isinstance(side, ast.Constant) and side.value in (0, 1) for side in (compare.left, *compare.comparators))


def _place(facts: Facts, member: tuple[Unit, int]) -> Instr | None:
    unit, operand = member
    found = [instr for instr in facts.instructions(unit, "setmember") if instr.args[0] == operand]
    return found[0] if found else definition(unit, operand)


def slices(facts: Facts) -> Iterator[tuple[Unit, Instr, int]]:
    """The ends of slices of query sets in views: (view, the instruction, what the end is computed from)."""
    for unit in facts.functions:
        found = [step for step in facts.instructions(unit, "slice") if len(step.args) > 1]
        if not found or not is_handler(facts, unit):
            continue
        for step in found:
            reads = facts.reads(unit, step.args[0])
            if (reads.attributes | reads.calls) & (QUERY_STEPS | {"filter", "values", "values_list"}):
                for operand in _terms(unit, step.args[1]):
                    yield unit, step, operand


def _terms(unit: Unit, operand: int) -> Iterator[int]:
    """``start`` and ``size`` of ``start + size``, by the names that they have there."""
    made = unit.defs[operand]
    if made is not None and made.op in ("binop", "unary"):
        for inner in made.args:
            yield from _terms(unit, inner)
    elif made is not None and made.op != "const":
        yield operand
