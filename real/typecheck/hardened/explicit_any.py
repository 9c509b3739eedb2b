"""Which ``explicit-any`` errors of MyPy are about nothing worse than ``Callable[..., T]``. Loads MyPy: workers only.

To MyPy the dots are ``Any`` as well, but decorators need them, and what comes back has a type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mypy.nodes import (
    AssignmentStmt,
    CallExpr,
    CastExpr,
    ClassDef,
    Expression,
    FuncDef,
    IndexExpr,
    Node,
    OpExpr,
    TypeAliasExpr,
    TypeApplication,
    TypeVarExpr,
)
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    TupleType,
    Type,
    TypeOfAny,
    TypeType,
    TypeVarType,
    UnionType,
    get_proper_type,
)

_MAX_DEPTH = 20  # of a type; recursive aliases have no end
_EXPLICIT = frozenset({TypeOfAny.explicit})
_INLINED = frozenset(
    {TypeOfAny.explicit, TypeOfAny.special_form}
)  # once an alias is made, its own are no longer explicit


def harmless_lines(statements: Iterable[Node], types: Mapping[Expression, Type]) -> set[int]:
    """Lines all of whose types are known here, and hold no ``Any`` that somebody wrote."""
    written: dict[int, bool] = {}
    for node in (*statements, *types):
        for kind in _types_of(node):
            written[node.line] = written.get(node.line, False) or any_is_written(kind, _EXPLICIT)
        if isinstance(node, AssignmentStmt) and (target := _alias_target(node)) is not None:
            written[node.line] = written.get(node.line, False) or any_is_written(target, _INLINED)
    return {line for line, found in written.items() if not found}


def _types_of(node: Node) -> Iterator[Type]:
    """The types that a statement or an expression spells out."""
    match node:
        case FuncDef(type=CallableType() as kind):
            yield from (*kind.arg_types, kind.ret_type)
        case AssignmentStmt():
            if node.type is not None:
                yield node.type
            analyzed = node.rvalue.analyzed if isinstance(node.rvalue, CallExpr) else None
            if isinstance(analyzed, TypeVarExpr):
                yield from (*analyzed.values, analyzed.upper_bound, analyzed.default)
        case ClassDef() if node.info:
            yield from node.info.bases
        case CastExpr():
            yield node.type
        case IndexExpr(analyzed=TypeApplication() as application):
            yield from application.types


def _alias_target(node: AssignmentStmt) -> Type | None:
    """What an alias of more than one name stands for."""
    analyzed = node.rvalue.analyzed if isinstance(node.rvalue, (IndexExpr, OpExpr)) else None
    return analyzed.node.target if isinstance(analyzed, TypeAliasExpr) else None


def any_is_written(kind: Type, forms: frozenset[int], depth: int = _MAX_DEPTH) -> bool:
    """Whether a type contains an ``Any`` of these forms other than the parameters of ``Callable[..., T]``."""
    proper = get_proper_type(kind)
    if isinstance(proper, AnyType):
        return proper.type_of_any in forms
    inner: tuple[Type, ...] = ()
    if isinstance(proper, Instance):
        inner = tuple(proper.args)
    elif isinstance(proper, (UnionType, TupleType)):
        inner = tuple(proper.items)
    elif isinstance(proper, CallableType):
        inner = (proper.ret_type,) if proper.is_ellipsis_args else (*proper.arg_types, proper.ret_type)
    elif isinstance(proper, TypeType):
        inner = (proper.item,)
    elif isinstance(proper, TypeVarType):
        inner = (*proper.values, proper.upper_bound)
    return depth > 0 and any(any_is_written(part, forms, depth - 1) for part in inner)
