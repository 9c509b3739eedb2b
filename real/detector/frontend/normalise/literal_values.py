"""What literals give: their elements, their methods, sums of them."""

from __future__ import annotations

import ast
from collections.abc import Callable

_PURE_METHODS = frozenset({"replace", "lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "swapcase"})
MAX_TEXT = 10_000  # characters of a constant that is computed here
LITERALS = (ast.List, ast.Tuple, ast.Dict)


def number(node: ast.expr) -> int | None:
    """The whole number that a constant is, with its sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -node.operand.value if isinstance(node.operand.value, int) else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None


def concatenated(node: ast.BinOp) -> ast.expr | None:
    """``"ab" + "cd"``."""
    left, right = node.left, node.right
    if not isinstance(node.op, ast.Add) or not isinstance(left, ast.Constant) or not isinstance(right, ast.Constant):
        return None
    if isinstance(left.value, str) and isinstance(right.value, str) and len(left.value) + len(right.value) <= MAX_TEXT:
        return constant_text(left.value + right.value, node)
    return None


def is_text(node: ast.expr) -> bool:
    """Whether it is certainly a text, which is never changed."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        node = node.right if isinstance(node.right, ast.Constant) else node.left
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, int)))


def is_pure(node: ast.expr | None) -> bool:
    """Whether nothing is lost where it is not evaluated."""
    return node is None or isinstance(node, (ast.Name, ast.Constant, ast.Lambda))


def item_of(value: ast.expr, key: object) -> ast.expr | None:
    """An element of a literal, if the others can be dropped."""
    if isinstance(value, (ast.List, ast.Tuple)):
        if not isinstance(key, int) or isinstance(key, bool) or not -len(value.elts) <= key < len(value.elts):
            return None
        found = value.elts[key]
        if any(isinstance(item, ast.Starred) or not (item is found or is_pure(item)) for item in value.elts):
            return None
        return found
    if isinstance(value, ast.Dict) and all(isinstance(k, ast.Constant) for k in value.keys):
        named = [k.value for k in value.keys if isinstance(k, ast.Constant)]
        found_at = [position for position, name in enumerate(named) if name == key]
        if len(found_at) == 1 and all(is_pure(v) for k, v in zip(named, value.values, strict=True) if k != key):
            return value.values[found_at[0]]
    return None


def method_of_literal(func: ast.Attribute, args: list[ast.expr], node: ast.Call) -> ast.expr | None:  # noqa: PLR0911
    """A method of a literal: an item of a container, or a constant text."""
    value = func.value
    if node.keywords or not isinstance(value, (ast.Constant, *LITERALS)):
        return None
    if func.attr == "pop" and isinstance(value, ast.List) and not args:
        return item_of(value, len(value.elts) - 1)
    if func.attr == "get" and isinstance(value, ast.Dict) and args and isinstance(args[0], ast.Constant):
        return item_of(value, args[0].value)
    known = [arg.value for arg in args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if func.attr not in _PURE_METHODS or not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return None
    if len(known) != len(args) or len(value.value) > MAX_TEXT // 10 or sum(map(len, known)) > MAX_TEXT // 10:
        return None
    method: Callable[..., str] = getattr(value.value, func.attr)
    try:
        made = method(*known)
    except TypeError:
        return None
    return constant_text(made, node) if len(made) <= MAX_TEXT else None


def constant_text(value: str, place: ast.AST) -> ast.expr:
    """The text as a constant that stands at ``place``."""
    return ast.copy_location(ast.Constant(value), place)
