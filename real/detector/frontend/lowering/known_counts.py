"""Whether a loop makes a round at least: what it goes over is a literal, or ``range()`` of constants."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from real.detector.frontend.lowering.names import NameLowerer

_LARGEST_COUNT = 1 << 31

_ARITHMETIC: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}


def has_elements(node: ast.expr, names: NameLowerer) -> bool:
    """Whether an iterable is certainly not empty: a literal, or ``range()`` of constants."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return any(not isinstance(item, ast.Starred) for item in node.elts)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.keywords or not node.args:
        return False
    if not names.table.is_builtin(node.func.id):
        return False
    if node.func.id in ("enumerate", "reversed", "sorted"):
        return has_elements(node.args[0], names)
    numbers = [_number(arg, names) for arg in node.args]
    if node.func.id != "range" or None in numbers or len(numbers) > 3 or 0 in numbers[2:]:
        return False
    return len(range(*(number for number in numbers if number is not None))) > 0


def _number(node: ast.expr, names: NameLowerer) -> int | None:
    """A small whole number that constants make."""
    value: object = None
    if isinstance(node, ast.Constant):
        value = node.value
    elif isinstance(node, ast.Name) and names.is_constant(node.id):
        value = names.table.constants[node.id]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand, names)
        value = -inner if inner is not None else None
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        left, right = _number(node.left, names), _number(node.right, names)
        value = _ARITHMETIC[type(node.op)](left, right) if left is not None and right is not None else None
    return value if type(value) is int and abs(value) < _LARGEST_COUNT else None
