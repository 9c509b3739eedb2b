"""The body of a function in place of a call: what is passed put in, its variables under names of their own."""

from __future__ import annotations

import ast

from real.detector.frontend.normalise.inline_arguments import MARK, call_again, is_path, uses_of
from real.detector.frontend.normalise.inline_callee import Callee
from real.detector.frontend.normalise.inline_copy import Copier


class Inlined(ast.expr):
    """The body of a function in place of a call: its parameters are assigned first, ``return`` gives the value."""

    _fields = ("body",)

    def __init__(self, body: list[ast.stmt], place: ast.expr) -> None:
        super().__init__()
        self.body = body
        ast.copy_location(self, place)


def expanded(node: ast.Call, callee: Callee, passed: dict[str, ast.expr], number: int, *, is_example: bool) -> ast.expr:
    """The body for the call, the program's expansion of this number, which its variables are called by.

    Where the call is an ``example`` of the function's use, it is made as well, for the function is judged by itself.
    """
    body = callee.body
    direct: dict[str, ast.expr] = {}
    if callee.yields:  # `yield a; yield b` makes what `[a, b]` holds
        nothing = ast.copy_location(ast.Constant(None), node)
        values = [s.value.value or nothing for s in body if isinstance(s, ast.Expr)]  # type: ignore[attr-defined]
        listed = ast.copy_location(ast.List(values, ast.Load()), node)
        body = [ast.copy_location(ast.Return(listed), node)]
    uses = uses_of(body, passed)
    only = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    for name, value in passed.items():
        if name in callee.stored or uses[name] < 0:
            continue
        if is_path(value) or (only is not None and uses[name] == 1 and not is_example):
            direct[name] = value
    names = {name: f"{name}{MARK}{number}" for name in callee.bound if name not in direct}
    copier = Copier(names, direct)
    if only is not None and len(direct) == len(passed) and not is_example:
        made = copier.copy(only)
        assert isinstance(made, ast.expr)
        return made
    statements: list[ast.stmt] = []
    for name, value in passed.items():
        if name not in direct:
            target = ast.copy_location(ast.Name(names[name], ast.Store()), value)
            statements.append(ast.copy_location(ast.Assign([target], value), value))
    if is_example:
        given = {id(value): ast.Name(names[name], ast.Load()) for name, value in passed.items() if name not in direct}
        statements.append(ast.copy_location(ast.Expr(call_again(node, given)), node))
    for statement in body:
        copied = copier.copy(statement)
        assert isinstance(copied, ast.stmt)
        statements.append(copied)
    return Inlined(statements, node)
