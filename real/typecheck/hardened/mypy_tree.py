"""What MyPy's tree and inferred types show about escape hatches. Imported in workers only: it loads MyPy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mypy.meet import is_overlapping_types
from mypy.nodes import (
    AssignmentExpr,
    AssignmentStmt,
    Block,
    CallExpr,
    CastExpr,
    ClassDef,
    Decorator,
    Expression,
    ForStmt,
    FuncDef,
    IfStmt,
    LambdaExpr,
    MatchStmt,
    MemberExpr,
    MypyFile,
    NameExpr,
    Node,
    OverloadedFuncDef,
    RefExpr,
    StrExpr,
    TryStmt,
    WhileStmt,
    WithStmt,
)
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    LiteralType,
    NoneType,
    TupleType,
    Type,
    TypeType,
    UninhabitedType,
    UnionType,
    get_proper_type,
)

from real.typecheck.hardened.any_types import ANY, CAST, GETATTR, LAMBDA, NEVER
from real.types import Finding

_MAX_DEPTH = 20  # of a type; recursive aliases have no end


def statements(tree: MypyFile) -> list[Node]:
    """Every statement of a checked module, at any depth, with the blocks between them."""
    found: list[Node] = []
    pending: list[Node] = list(tree.defs)
    while pending:
        node = pending.pop()
        found.append(node)
        pending.extend(_inside(node))
    return found


def check(nodes: Iterable[Node], types: Mapping[Expression, Type]) -> list[Finding]:
    """Findings in the ``statements`` of a module; ``types`` are those of its expressions. Lines as in the module."""
    found: list[Finding] = []
    for node in nodes:
        if isinstance(node, FuncDef) and isinstance(node.type, CallableType):
            found.extend(_signature(node, node.type))
        elif isinstance(node, AssignmentStmt) and node.unanalyzed_type is not None and node.type is not None:
            found.extend(_annotation(node.type, node, never=True))
        elif isinstance(node, ClassDef) and node.info and node.info.fallback_to_any:
            found.append(ANY.at(node.line, f"the base classes of {node.name} include Any", max(node.column, 0)))
        if isinstance(node, AssignmentStmt) and all(_is_own_name(target) for target in node.lvalues):
            found.extend(_lambda(node.rvalue, types))
    for expression in types:
        if isinstance(expression, CastExpr):
            found.extend(_cast(expression, types.get(expression.expr)))
        elif isinstance(expression, CallExpr):
            found.extend(_getattr(expression, types))
        elif isinstance(expression, AssignmentExpr):
            found.extend(_lambda(expression.value, types))
    return found


def _inside(node: Node) -> Iterator[Node]:
    """What is directly below a statement; MyPy's own visitors cannot be subclassed from interpreted code."""
    match node:
        case Block():
            yield from node.body
        case FuncDef() | WithStmt():
            yield node.body
        case Decorator():
            yield node.func
        case OverloadedFuncDef():
            yield from node.items
            if node.impl is not None:
                yield node.impl
        case ClassDef():
            yield node.defs
        case IfStmt():
            yield from filter(None, [*node.body, node.else_body])
        case ForStmt() | WhileStmt():
            yield from filter(None, [node.body, node.else_body])
        case TryStmt():
            yield from filter(None, [node.body, *node.handlers, node.else_body, node.finally_body])
        case MatchStmt():
            yield from node.bodies


def _signature(node: FuncDef, kind: CallableType) -> Iterator[Finding]:
    takes_never = isinstance(get_proper_type(kind.ret_type), UninhabitedType)
    for argument, annotation in zip(node.arguments, kind.arg_types, strict=False):
        yield from _annotation(annotation, argument, never=not takes_never)
    yield from _annotation(kind.ret_type, node, never=False)


def _annotation(kind: Type, node: Node, *, never: bool) -> Iterator[Finding]:
    if never and isinstance(get_proper_type(kind), UninhabitedType):
        yield NEVER.at(node.line, "annotated as a type without values", max(node.column, 0))
    for part in _parts(kind, _MAX_DEPTH):
        if isinstance(part, Instance) and part.type.fallback_to_any:
            yield ANY.at(node.line, f"the base classes of {part.type.name} include Any", max(node.column, 0))


def _cast(node: CastExpr, source: Type | None) -> Iterator[Finding]:
    target = get_proper_type(node.type)
    if source is None or isinstance(target, AnyType):
        return
    source = get_proper_type(source)
    if isinstance(source, Instance) and source.type.fullname == "builtins.object":
        yield CAST.at(node.line, "a cast from object, which can be anything", max(node.column, 0))
    elif isinstance(target, UninhabitedType) or (_is_built_in(source) and not is_overlapping_types(source, target)):
        yield CAST.at(node.line, f"a cast from {source} to {target}, which have nothing in common", max(node.column, 0))


def _is_built_in(kind: Type) -> bool:
    """Whether values come from the language itself; casts between other classes can be a matter of duck typing."""
    if isinstance(kind, Instance):
        return kind.type.module_name == "builtins"
    return isinstance(kind, (NoneType, TupleType, LiteralType))


def _getattr(node: CallExpr, types: Mapping[Expression, Type]) -> Iterator[Finding]:
    if not (isinstance(node.callee, RefExpr) and node.callee.fullname == "builtins.getattr"):
        return
    match node.args:
        case [subject, StrExpr(value=name)] if subject in types:
            kind = get_proper_type(types[subject])
            if not isinstance(kind, Instance) or (kind.extra_attrs and name in kind.extra_attrs.attrs):
                return  # with hasattr before it, the attribute is looked for and not known otherwise
            if kind.type.get(name) or kind.type.fullname == "builtins.object":
                message = f"getattr with the constant name {name!r} has the type Any"
                yield GETATTR.at(node.line, message, max(node.column, 0))


def _is_own_name(target: Expression) -> bool:
    """A variable or an attribute of ``self``; attributes of other objects are declared, or not, by their libraries."""
    if isinstance(target, MemberExpr):
        return isinstance(target.expr, NameExpr) and target.expr.name in ("self", "cls")
    return isinstance(target, NameExpr)


def _lambda(value: Expression, types: Mapping[Expression, Type]) -> Iterator[Finding]:
    """A lambda bound to a name, unless the declared type of that name types its parameters."""
    kind = get_proper_type(types[value]) if isinstance(value, LambdaExpr) and value in types else None
    if isinstance(kind, CallableType) and any(isinstance(get_proper_type(part), AnyType) for part in kind.arg_types):
        yield LAMBDA.at(value.line, "the parameters of this lambda have no types", max(value.column, 0))


def _parts(kind: Type, depth: int) -> Iterator[Type]:
    """A type and the types it is made of."""
    proper = get_proper_type(kind)
    yield proper
    if depth == 0:
        return
    inner: tuple[Type, ...] = ()
    if isinstance(proper, Instance):
        inner = tuple(proper.args)
    elif isinstance(proper, (UnionType, TupleType)):
        inner = tuple(proper.items)
    elif isinstance(proper, CallableType):
        inner = (*proper.arg_types, proper.ret_type)
    elif isinstance(proper, TypeType):
        inner = (proper.item,)
    for part in inner:
        yield from _parts(part, depth - 1)
