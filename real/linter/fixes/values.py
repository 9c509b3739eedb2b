"""Which inserted values are plain: what they insert can be told, and they are meant as one value."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable

Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FORMATTED, _SHOWN = -1, ord("s")  # by format(), and by str()
_TEXTS = frozenset({"input", "str", "strip", "lower", "upper", "rstrip", "lstrip"})
_PREPARED = re.compile(r"escap|quot|saniti|sql|adapt|mogrif", re.IGNORECASE)  # binding it would keep the escapes


def insertions(expr: ast.expr, scope: Scope) -> dict[int, int] | None:  # noqa: PLR0911 - one return a form
    """Each inserted expression by its ``id`` with how it is turned into text; ``None`` where a form is not plain.

    Plain are ``{x}``, ``{}`` and ``%s`` and sums: no conversion, no width, nothing that is taken apart at run time.
    """
    match expr:
        case ast.Constant(value=str()):
            return {}
        case ast.JoinedStr(values=values):
            if any(isinstance(one, ast.FormattedValue) and not _is_bare(one) for one in values):
                return None
            return {id(one.value): _FORMATTED for one in values if isinstance(one, ast.FormattedValue)}
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            both = insertions(left, scope), insertions(right, scope)
            return None if both[0] is None or both[1] is None else both[0] | both[1]
        case ast.BinOp(left=ast.Constant(value=str() as text), op=ast.Mod(), right=right):
            if "%" in re.sub("%[s%]", "", text):
                return None
            if isinstance(right, ast.Tuple):
                return {id(one): _SHOWN for one in right.elts}
            return {id(right): _SHOWN} if is_text(right, scope) else None  # else it may be a tuple
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as text), attr="format")):
            given = [*expr.args, *(keyword.value for keyword in expr.keywords)]
            named = all(keyword.arg for keyword in expr.keywords)
            return {id(one): _FORMATTED for one in given} if named and _is_bare_format(text, given) else None
        case ast.Call(func=ast.Name(id="str"), args=[inner], keywords=[]):
            return {id(inner): _SHOWN}
        case ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call():
            return {id(expr): _SHOWN}
    return None


def _is_bare(value: ast.FormattedValue) -> bool:
    return value.conversion == -1 and value.format_spec is None


def _is_bare_format(text: str, given: list[ast.expr]) -> bool:
    """Only ``{}``, ``{0}`` and ``{name}``, of values that may be read in another order."""
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError:
        return False
    bare = all(not spec and not conversion for _, field, spec, conversion in fields if field is not None)
    return bare and all(is_reading(one) for one in given)


def is_reading(expr: ast.expr) -> bool:
    """A name, an attribute or an item of one: reading it does nothing else."""
    match expr:
        case ast.Name():
            return True
        case ast.Attribute(value=inner) | ast.Subscript(value=inner, slice=ast.Constant() | ast.Name()):
            return is_reading(inner)
    return False


def is_value(expr: ast.expr, tree: ast.Module, seen: frozenset[str] = frozenset()) -> bool:  # noqa: PLR0911 - one return a form
    """Whether an expression is one value as it came in: read from somewhere, at most trimmed, not put together."""
    if _PREPARED.search(ast.unparse(expr)):
        return False
    match expr:
        case ast.Name(id=name):
            return name in seen or _has_values_only(name, tree, seen | {name})
        case ast.Attribute() | ast.Subscript():
            return is_reading(expr)
        case ast.Call(func=ast.Name(id="input")):
            return True
        case ast.Call(func=ast.Name(id="str"), args=[inner], keywords=[]):
            return is_value(inner, tree, seen)
        case ast.Call(func=ast.Attribute(value=inner, attr="strip" | "lower" | "upper" | "lstrip" | "rstrip"), args=[]):
            return is_value(inner, tree, seen)
        case ast.Call(func=ast.Attribute(value=inner, attr="get" | "getenv"), args=[ast.Constant()], keywords=[]):
            return is_reading(inner)
    return False


def _has_values_only(name: str, tree: ast.Module, seen: frozenset[str]) -> bool:
    """Whether all that is bound to a name, anywhere in the program, is a value: by parameters, assignments or loops."""
    stores = fitting = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and is_store(node, name):
            stores += 1
        elif isinstance(node, ast.Assign) and names(node) == [name]:
            fitting += is_value(node.value, tree, seen)
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name) and node.target.id == name:
            fitting += is_reading(node.iter)
    return stores == fitting


def shown(expr: ast.expr, how: int, scope: Scope) -> str:
    """The inserted text as an expression: what the program inserted, character by character."""
    if is_text(expr, scope):
        return ast.unparse(expr)
    if how == _SHOWN:
        return f"str({ast.unparse(expr)})"
    return ast.unparse(ast.JoinedStr([ast.FormattedValue(expr, how)]))


def is_text(expr: ast.expr, scope: Scope) -> bool:
    """Whether an expression surely is a text: declared so, read, trimmed or put together."""
    if isinstance(expr, ast.Name):
        given = [node.value for node in own_nodes(scope) if isinstance(node, ast.Assign) and names(node) == [expr.id]]
        stores = [node for node in ast.walk(scope) if isinstance(node, ast.Name) and is_store(node, expr.id)]
        if not isinstance(scope, ast.Module) and (declared := _parameter(scope, expr.id)) is not None:
            return not stores and isinstance(declared.annotation, ast.Name) and declared.annotation.id == "str"
        return (
            bool(given)
            and len(given) == len(stores)
            and all(not isinstance(value, ast.Name) and is_text(value, scope) for value in given)
        )
    if isinstance(expr, ast.Call):
        function = expr.func
        return (function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")) in _TEXTS
    return isinstance(expr, ast.JoinedStr) or (isinstance(expr, ast.Constant) and isinstance(expr.value, str))


def _parameter(scope: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str) -> ast.arg | None:
    """The parameter of a name; without its annotation where it has a default, which may be ``None``."""
    listed = scope.args
    every = (*listed.posonlyargs, *listed.args, *listed.kwonlyargs)
    for one in (*every, listed.vararg, listed.kwarg):
        if one is not None and one.arg == name:
            has_default = (
                one in [*listed.posonlyargs, *listed.args][-len(listed.defaults) :] if listed.defaults else False
            )
            return one if one in every and one not in listed.kwonlyargs and not has_default else ast.arg(name)
    return None


def own_nodes(scope: ast.AST) -> Iterable[ast.AST]:
    """The nodes of a scope; functions in it count, what is inside them does not."""
    waiting: list[ast.AST] = [*ast.iter_child_nodes(scope)]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def scope_of(tree: ast.Module, call: ast.Call) -> Scope:
    """The innermost function around a call, or the module."""
    waiting: list[Scope] = [tree]
    while waiting:
        scope = waiting.pop()
        inside = list(own_nodes(scope))
        if call in inside:
            return scope
        waiting += [node for node in inside if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)]
    return tree


def names(node: ast.Assign) -> list[str]:
    """The names that an assignment binds, empty where a target is none."""
    return [target.id if isinstance(target, ast.Name) else "" for target in node.targets]


def is_store(node: ast.Name, name: str) -> bool:
    """Whether a node binds a name, or deletes it."""
    return node.id == name and isinstance(node.ctx, ast.Store | ast.Del)
