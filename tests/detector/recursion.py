"""Programs whose functions call themselves first: an analysis that follows calls must not follow them for ever."""

from __future__ import annotations

import ast
from collections.abc import Callable

# What a function begins with: ``{0}`` is the call of itself, ``{1}`` one of its parameters.
FORMS = ("if {0}:\n    return {0}", "{1} = {0}", "if not {0}:\n    raise ValueError({0})", "{0}")


class _Recursion(ast.NodeTransformer):
    def __init__(self, choose: Callable[[list[str]], str], form: str) -> None:
        self.choose = choose
        self.form = form

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        names = [arg.arg for arg in node.args.args]
        owner = f"{names.pop(0)}." if names[:1] in (["self"], ["cls"]) else ""
        called = f"{owner}{node.name}({', '.join(names)})"
        node.body = [*ast.parse(self.form.format(called, self.choose(names or ["again"]))).body, *node.body]
        return node


def recursive(code: str, form: str, choose: Callable[[list[str]], str]) -> str:
    """The program with functions that call themselves; raises ``SyntaxError`` as ``ast.parse`` does."""
    return ast.unparse(ast.fix_missing_locations(_Recursion(choose, form).visit(ast.parse(code))))
