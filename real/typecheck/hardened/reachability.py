"""Code that can never run, decided by the shape of the program and by constants.

MyPy's ``--warn-unreachable`` reports most of it. It does not fold comparisons of constants, is silent in functions with
a constrained TypeVar, and lets a call that never returns, with whatever its arguments hold, stand after a ``return``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from real.typecheck.hardened.program_tree import ProgramTree
from real.typecheck.hardened.rule import Rule
from real.types import Finding

AFTER_JUMP = Rule(
    "dead:after-jump",
    "statements that nothing leads to",
    "Code after `return`, `raise`, `continue`, `break`, `assert False`, `sys.exit()` or an endless loop never "
    "runs. MyPy does not check it either, so it can hold anything.",
    "Remove the statements, or the jump before them.",
)
CONSTANT_BRANCH = Rule(
    "dead:constant-condition",
    "a branch that a constant condition rules out",
    "A branch under `if False:` or in the `else` of `if True:` never runs.",
    "Remove the branch, or write the condition that was meant.",
)

RULES = (AFTER_JUMP, CONSTANT_BRANCH)

_EXITS = frozenset({"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"})
_EQUALITIES: dict[type, Callable[[Any, Any], Any]] = {ast.Eq: operator.eq, ast.NotEq: operator.ne}
_ORDERS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_JUMPS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def check(program: ProgramTree) -> Iterator[Finding]:
    """The findings of the rules of this module, in no particular order."""
    for node in program.nodes:
        for block in _blocks(node):
            yield from _after_jump(program, block)
        if isinstance(node, (ast.If, ast.While, ast.IfExp)):
            yield from _constant_branch(node)


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            yield block


def _after_jump(program: ProgramTree, block: list[ast.stmt]) -> Iterator[Finding]:
    for position, statement in enumerate(block[:-1]):
        if _ends(program, statement):
            rest = block[position + 1 :]
            if not _is_customary(rest):
                yield AFTER_JUMP.on(rest[0], f"never runs: line {statement.lineno} does not let the program get here")
            return


def _is_customary(rest: list[ast.stmt]) -> bool:
    """One last ``raise`` or ``assert False`` for the reader, or the ``yield`` that makes an empty generator."""
    (first, *more) = rest
    if more:
        return False
    if isinstance(first, ast.Expr) and isinstance(first.value, (ast.Yield, ast.YieldFrom)):
        return True
    return isinstance(first, ast.Raise) or _is_assert_false(first)


def _ends(program: ProgramTree, statement: ast.stmt) -> bool:
    """Whether control never passes to the statement after this one."""
    if isinstance(statement, _JUMPS) or _is_assert_false(statement):
        return True
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return program.dotted(statement.value.func) in _EXITS
    return _compound_ends(program, statement)


def _compound_ends(program: ProgramTree, statement: ast.stmt) -> bool:
    ends = False  # a with statement, for one, may swallow the exception that ends its body
    match statement:
        case ast.If(test=test, body=body, orelse=orelse):
            value = constant(test)
            branches = [body, orelse] if value is None else [body if value else orelse]
            ends = all(_block_ends(program, branch) for branch in branches)
        case ast.While(test=test, body=body):
            ends = constant(test) is True and not any(_breaks(part) for part in body)
        case ast.Try() | ast.TryStar():
            main = _block_ends(program, statement.body) or _block_ends(program, statement.orelse)
            handled = all(_block_ends(program, handler.body) for handler in statement.handlers)
            ends = (main and handled) or _block_ends(program, statement.finalbody)
        case ast.Match(cases=[*_, last] as cases):
            total = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
            ends = total and all(_block_ends(program, case.body) for case in cases)
    return ends


def _block_ends(program: ProgramTree, block: Sequence[ast.stmt]) -> bool:
    return any(_ends(program, statement) for statement in block)


def _breaks(node: ast.AST) -> bool:
    """Whether a ``break`` of the loop around ``node`` is in it."""
    if isinstance(node, ast.Break):
        return True
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
        return False
    if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
        return any(_breaks(part) for part in node.orelse)
    return any(_breaks(child) for child in ast.iter_child_nodes(node))


def _constant_branch(node: ast.If | ast.While | ast.IfExp) -> Iterator[Finding]:
    value = constant(node.test)
    if value is None:
        return
    if value is False:
        yield CONSTANT_BRANCH.on(node, "the condition is always false: what it guards never runs")
    elif isinstance(node, ast.IfExp) or (isinstance(node, ast.If) and node.orelse):
        yield CONSTANT_BRANCH.on(node, "the condition is always true: its else never runs")


def constant(test: ast.expr) -> bool | None:
    """The truth value of a condition made of constants, or ``None``."""
    result: bool | None = None
    match test:
        case ast.Constant(value=value):
            result = bool(value)
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]):
            result = False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = constant(operand)
            result = None if inner is None else not inner
        case ast.BoolOp(op=op, values=values):
            known = [constant(value) for value in values]
            decisive = isinstance(op, ast.Or)
            if decisive in known:
                result = decisive
            elif None not in known:
                result = not decisive
        case ast.Compare(left=ast.Constant(value=left), ops=[op], comparators=[ast.Constant(value=right)]):
            result = _compare(left, op, right)
    return result


def _compare(left: object, op: ast.cmpop, right: object) -> bool | None:
    name = type(op)
    if name in _EQUALITIES:
        return bool(_EQUALITIES[name](left, right))
    if name in _ORDERS and isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return bool(_ORDERS[name](left, right))
    return None


def _is_assert_false(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assert) and constant(statement.test) is False
