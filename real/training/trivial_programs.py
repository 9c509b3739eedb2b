"""Programs that compute nothing: what a policy writes that has learnt to be paid for being harmless."""

from __future__ import annotations

import ast
import builtins

_HARMLESS = {"print", "__name__"} | {
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
}


def is_trivial(code: str) -> bool:
    """Whether a program is empty or constant: it reads no variable, argument or input, and calls nothing but itself.

    Printing, returning and raising constants is all it does. A program that cannot be parsed is not trivial, but wrong.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    nodes = list(ast.walk(tree))
    own = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    notes = {id(x) for n in nodes for note in _annotations(n) for x in ast.walk(note)}
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and id(n) not in notes}
    return read <= own | _HARMLESS


def _annotations(node: ast.AST) -> list[ast.expr]:
    found = (getattr(node, "annotation", None), getattr(node, "returns", None))
    return [note for note in found if isinstance(note, ast.expr)]
