"""Rewrites of tests: turned round, moved, split, and given to helpers."""

from __future__ import annotations

import ast
from collections.abc import Callable

from real.redteam.rewrites.calls import Sites
from real.redteam.rewrites.core import (
    FUNCTIONS,
    Fresh,
    Rewrite,
    blocks,
    call,
    insert_top,
    is_mangled,
    load,
    statements,
    suspends,
)

_FUNCTIONS = FUNCTIONS[:2]
_NEGATED = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _negated(test: ast.expr) -> ast.expr:
    """The opposite, written with another operator where there is one (``in`` -> ``not in``)."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _NEGATED:
        return ast.Compare(test.left, [_NEGATED[type(test.ops[0])]()], test.comparators)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return call("bool", test.operand)
    return _not(test)


def _ifs(change: Callable[[ast.If], bool]) -> Rewrite:
    def rewrite(tree: ast.Module) -> bool:
        return sum(change(node) for node in ast.walk(tree) if isinstance(node, ast.If)) > 0

    return rewrite


def _invert(negate: Callable[[ast.expr], ast.expr]) -> Rewrite:
    """``if a: X else: Y`` -> ``if not a: Y else: X``."""

    def change(node: ast.If) -> bool:
        node.test = negate(node.test)
        node.body, node.orelse = node.orelse or [ast.Pass()], node.body
        return True

    return _ifs(change)


def double_negation(tree: ast.Module) -> bool:
    """``if a:`` -> ``if not not a:``."""

    def change(node: ast.If) -> bool:
        node.test = _not(_not(node.test))
        return True

    return _ifs(change)(tree)


def nested_ifs(tree: ast.Module) -> bool:
    """``if a and b: X`` -> ``if a: if b: X``, where there is no ``else``."""

    def change(node: ast.If) -> bool:
        if node.orelse or not isinstance(node.test, ast.BoolOp) or not isinstance(node.test.op, ast.And):
            return False
        first, *rest = node.test.values
        node.test = first
        node.body = [ast.If(rest[0] if len(rest) == 1 else ast.BoolOp(ast.And(), rest), node.body, [])]
        return True

    return _ifs(change)(tree)


def de_morgan(tree: ast.Module) -> bool:
    """``a or b`` as a test -> ``not (not a and not b)``."""

    def change(node: ast.If) -> bool:
        if not isinstance(node.test, ast.BoolOp):
            return False
        other: ast.boolop = ast.And() if isinstance(node.test.op, ast.Or) else ast.Or()
        node.test = _not(ast.BoolOp(other, [_negated(value) for value in node.test.values]))
        return True

    return _ifs(change)(tree)


def flags(tree: ast.Module) -> bool:
    """``if a:`` -> ``ok = a; if ok:``."""
    fresh = Fresh(tree)
    changed = False
    for block in list(blocks(tree)):
        for index in reversed(range(len(block))):
            node = block[index]
            if isinstance(node, ast.If) and not any(isinstance(n, ast.NamedExpr) for n in ast.walk(node.test)):
                name = fresh("ok")
                block.insert(index, ast.Assign([ast.Name(name, ast.Store())], node.test))
                node.test = load(name)
                changed = True
    return changed


def predicates(tree: ast.Module) -> bool:
    """``if x in y:`` -> ``if h(x):``, a helper that gets the locals which the test reads."""
    fresh = Fresh(tree)
    local = Sites(tree, lambda *_: None).local
    added: list[ast.stmt] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.If) or suspends(node.test) or _is_main(node.test):
            continue
        inner = [n for n in ast.walk(node.test) if isinstance(n, (ast.Lambda, ast.comprehension))]
        names = list(dict.fromkeys(n.id for n in ast.walk(node.test) if isinstance(n, ast.Name) and n.id in local))
        private = any(isinstance(n, ast.Attribute) and is_mangled(n.attr) for n in ast.walk(node.test))
        if inner or private or "super" in names:
            continue
        helper = fresh("h")
        added += statements(f"def {helper}({', '.join(names)}):\n    return {ast.unparse(node.test)}")
        node.test = call(helper, *(load(name) for name in names))
    insert_top(tree, added)
    return bool(added)


def _is_main(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def no_early_exit(tree: ast.Module) -> bool:
    """``if a: return`` and the rest -> ``if a: return else: rest``."""
    changed = False
    for block in sorted(blocks(tree), key=len):
        for index in reversed(range(len(block) - 1)):
            node = block[index]
            if isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], (ast.Return, ast.Raise)):
                node.orelse = block[index + 1 :]
                del block[index + 1 :]
                changed = True
    return changed


def early_exit(tree: ast.Module) -> bool:
    """``if a: X; return else: Y`` -> ``if a: X; return`` and then ``Y``."""
    changed = False
    again = True
    while again:  # what was nested in an ``else`` may have one itself
        again = False
        for block in list(blocks(tree)):
            for index in reversed(range(len(block))):
                node = block[index]
                if isinstance(node, ast.If) and node.orelse and isinstance(node.body[-1], (ast.Return, ast.Raise)):
                    block[index + 1 : index + 1], node.orelse = node.orelse, []
                    again = True
                    break
            if again:
                break
        changed = changed or again
    return changed


def swapped_comparisons(tree: ast.Module) -> bool:
    """``a == b`` -> ``b == a``, ``a < b`` -> ``b > a``, ``a not in b`` -> ``not a in b``."""
    mirrored = {
        ast.Eq: ast.Eq,
        ast.NotEq: ast.NotEq,
        ast.Lt: ast.Gt,
        ast.Gt: ast.Lt,
        ast.LtE: ast.GtE,
        ast.GtE: ast.LtE,
    }

    class Swap(ast.NodeTransformer):
        changed = False

        def visit_Compare(self, node: ast.Compare) -> ast.AST:
            self.generic_visit(node)
            if len(node.ops) != 1 or suspends(node) or _is_main(node):
                return node
            op = type(node.ops[0])
            right = node.comparators[0]
            if op in mirrored and not any(isinstance(n, ast.Call) for n in ast.walk(node)):
                self.changed = True
                return ast.Compare(right, [mirrored[op]()], [node.left])
            if op in (ast.NotIn, ast.IsNot):
                self.changed = True
                return _not(ast.Compare(node.left, [ast.In() if op is ast.NotIn else ast.Is()], [right]))
            return node

    swap = Swap()
    swap.visit(tree)
    return swap.changed


def chosen_by_expression(tree: ast.Module) -> bool:
    """``x = a if c else b`` -> an ``if`` statement."""
    changed = False
    for block in list(blocks(tree)):
        for index, node in enumerate(block):
            if isinstance(node, (ast.Assign, ast.Return)) and isinstance(node.value, ast.IfExp):
                chosen = node.value
                copies: list[ast.stmt] = []
                for value in (chosen.body, chosen.orelse):
                    copies.append(
                        ast.Assign(node.targets, value) if isinstance(node, ast.Assign) else ast.Return(value)
                    )
                block[index] = ast.If(chosen.test, [copies[0]], [copies[1]])
                changed = True
    return changed


CONTROL: dict[str, Rewrite] = {
    "reformatted": lambda tree: True,
    "if inverted": _invert(_not),
    "if inverted, operator negated": _invert(_negated),
    "double negation": double_negation,
    "if nested": nested_ifs,
    "de Morgan": de_morgan,
    "test in a flag": flags,
    "test in a helper": predicates,
    "early exit to else": no_early_exit,
    "else to early exit": early_exit,
    "comparison swapped": swapped_comparisons,
    "if expression to statement": chosen_by_expression,
}
