"""What programs look like, told by their syntax: whether a reward taught to write more, less, or nothing."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping

_COUNTED: Mapping[str, tuple[type[ast.AST], ...]] = {
    "statements": (ast.stmt,),
    "calls": (ast.Call,),
    "branches": (ast.If, ast.IfExp, ast.For, ast.While, ast.Match),
    "handlers": (ast.ExceptHandler,),
    "string_templates": (ast.JoinedStr,),
}


def traits(code: str) -> dict[str, int | bool]:
    """``parses``, ``lines`` that hold something, and counts of syntax; a program that does not parse counts 0."""
    lines = sum(bool(line.strip()) for line in code.splitlines())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a model's escape sequences
            nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {"parses": False, "lines": lines, **dict.fromkeys(_COUNTED, 0)}
    counts = {name: sum(isinstance(node, kinds) for node in nodes) for name, kinds in _COUNTED.items()}
    return {"parses": True, "lines": lines, **counts}
