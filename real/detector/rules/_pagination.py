"""Pages whose size the client chooses: paginators of REST framework, and slices of Django's query sets."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from real.detector.facts import Facts
from real.detector.flows import Defect
from real.detector.ir import Instr, Unit
from real.detector.library import names
from real.detector.rules._app import app_of
from real.detector.rules._definitions import definition
from real.detector.rules._responses import is_handler

# Base class -> the member by which a client may choose the size, and the one that limits it (``None`` by default).
_PAGINATORS = {
    "PageNumberPagination": ("page_size_query_param", "max_page_size"),
    "CursorPagination": ("page_size_query_param", "max_page_size"),
    "LimitOffsetPagination": ("", "max_limit"),
}
_OVERRIDDEN = ("get_page_size", "get_limit", "paginate_queryset")
_QUERY_SETS = names("objects filter order_by exclude all select_related prefetch_related annotate values values_list")


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
    found = [instr for instr in facts.instructions(unit) if instr.op == "setmember" and instr.args[0] == operand]
    return found[0] if found else definition(unit, operand)


def slices(facts: Facts) -> Iterator[tuple[Unit, Instr, int]]:
    """The ends of slices of query sets in views: (view, the instruction, the operand that is the end)."""
    for unit in facts.functions:
        node = unit.node
        if node is None or not any(instr.op == "slice" for instr in facts.instructions(unit)):
            continue
        if not is_handler(facts, unit):
            continue
        for inner in ast.walk(node):
            if (
                isinstance(inner, ast.Subscript)
                and isinstance(inner.slice, ast.Slice)
                and inner.slice.upper is not None
            ):
                if not _is_query_set(inner.value):
                    continue
                for name in {part.id for part in ast.walk(inner.slice.upper) if isinstance(part, ast.Name)}:
                    found = _named(facts, unit, name, inner.lineno)
                    if found is not None:
                        yield unit, found[0], found[1]


def _is_query_set(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Attribute) and part.attr in _QUERY_SETS for part in ast.walk(node))


def _named(facts: Facts, unit: Unit, name: str, line: int) -> tuple[Instr, int] | None:
    """The slice on a line, and the last value before it that a local variable was given."""
    place = next((instr for instr in facts.instructions(unit) if instr.op == "slice" and instr.line >= line), None)
    given = [
        instr
        for instr in facts.instructions(unit)
        if instr.op == "assign" and instr.extra == name and instr.line <= line and instr.args
    ]
    return (place, given[-1].dst) if place is not None and given else None
